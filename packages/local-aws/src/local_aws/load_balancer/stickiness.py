"""Cookies of target group stickiness.

Source: Application Load Balancers guide, "Sticky sessions", target group stickiness. AWS does not
document the content of the cookies. Here it is masked, so that clients cannot rely on it, and has
a checksum.
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

_KEY = b"local-aws"
_NONCE_BYTES = 12
_CHECKSUM_BYTES = 16


def sticky_group(
    request: Request, groups: tuple[WeightedGroup, ...], now: float
) -> WeightedGroup | None:
    """Return the group that a cookie of the request names, if the rule still has the group.

    ``now`` is in seconds since the epoch.
    """
    for name, value in _cookies(request):
        if name in {COOKIE, CORS_COOKIE}:
            expires, _, arn = _decode(value).partition(" ")
            group = next((each for each in groups if each.arn == arn), None)
            if group is not None and now < int(expires):
                return group
    return None


def cookie_headers(
    group_arn: str, seconds: int, now: float, *, secure: bool
) -> tuple[tuple[str, str], ...]:
    """Return the two Set-Cookie headers of a response; ``secure`` on an HTTPS listener."""
    expires = int(now) + seconds
    value = _encode(f"{expires} {group_arn}")
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


def _encode(text: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    masked = _mask(nonce, text.encode())
    return base64.b64encode(nonce + _checksum(nonce, masked) + masked).decode()


def _decode(value: str) -> str:
    """Return the empty string for a value that this load balancer did not write."""
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return ""
    nonce, rest = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    checksum, masked = rest[:_CHECKSUM_BYTES], rest[_CHECKSUM_BYTES:]
    return _mask(nonce, masked).decode() if checksum == _checksum(nonce, masked) else ""


def _mask(nonce: bytes, data: bytes) -> bytes:
    mask = hashlib.shake_256(_KEY + nonce).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, mask, strict=True))


def _checksum(nonce: bytes, masked: bytes) -> bytes:
    return hashlib.blake2b(nonce + masked, digest_size=_CHECKSUM_BYTES, key=_KEY).digest()
