"""Cookies that keep a client with one target group of several.

Source: Application Load Balancers guide, "Sticky sessions", target group stickiness. What is in a
cookie is AWS's secret; here it is a mask and a check sum, so that nobody comes to rely on it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from email.utils import formatdate

from local_aws.load_balancer.configuration import WeightedGroup
from local_aws.load_balancer.request import Request

COOKIE = "AWSALBTG"
CORS_COOKIE = "AWSALBTGCORS"

_KEY = b"terrarium"
_NONCE_BYTES = 12
_SUM_BYTES = 16


def remembered(
    request: Request, groups: tuple[WeightedGroup, ...], now: float
) -> WeightedGroup | None:
    """The group that a cookie of the request names, if it is still one of the rule's.

    ``now`` is in seconds since the epoch.
    """
    for name, value in _cookies(request):
        if name in {COOKIE, CORS_COOKIE}:
            expires, _, arn = _opened(value).partition(" ")
            group = next((each for each in groups if each.arn == arn), None)
            if group is not None and now < int(expires):
                return group
    return None


def headers(
    group_arn: str, seconds: int, now: float, *, secure: bool
) -> tuple[tuple[str, str], ...]:
    """The two Set-Cookie headers of an answer; ``secure`` on an HTTPS listener."""
    expires = int(now) + seconds
    value = _sealed(f"{expires} {group_arn}")
    attributes = f"Expires={formatdate(expires, usegmt=True)}; Path=/"
    cross_site = f"{attributes}; SameSite=None" + ("; Secure" if secure else "")
    return (
        ("Set-Cookie", f"{COOKIE}={value}; {attributes}"),
        ("Set-Cookie", f"{CORS_COOKIE}={value}; {cross_site}"),
    )


def _cookies(request: Request) -> list[tuple[str, str]]:
    pairs = []
    for header in request.values("cookie"):
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            pairs.append((name, value.strip('"')))
    return pairs


def _sealed(text: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    masked = _masked(nonce, text.encode())
    return base64.b64encode(nonce + _sum(nonce, masked) + masked).decode()


def _opened(value: str) -> str:
    """Empty for a value that is none of ours, or was changed."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return ""
    nonce, rest = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    masked = rest[_SUM_BYTES:]
    return _masked(nonce, masked).decode() if rest[:_SUM_BYTES] == _sum(nonce, masked) else ""


def _masked(nonce: bytes, data: bytes) -> bytes:
    mask = hashlib.shake_256(_KEY + nonce).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, mask, strict=True))


def _sum(nonce: bytes, masked: bytes) -> bytes:
    return hashlib.blake2b(nonce + masked, digest_size=_SUM_BYTES, key=_KEY).digest()
