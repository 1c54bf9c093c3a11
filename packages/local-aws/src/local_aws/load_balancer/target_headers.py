"""The X-Forwarded headers and the Host header that a target gets.

Source: Application Load Balancers guide, "HTTP headers and Application Load Balancers".
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from local_aws.load_balancer.configuration import Attributes, Listener
from local_aws.load_balancer.request import HOP_BY_HOP, Request

MAX_FORWARDED_FOR = 30
"""Addresses in X-Forwarded-For beyond which the answer is 463."""

_VALID_NAME = re.compile(r"[-A-Za-z0-9]+")
_DEFAULT_PORTS = {"HTTP": 80, "HTTPS": 443}


def too_many_forwarded(request: Request) -> bool:
    values = request.values("x-forwarded-for")
    return sum(value.count(",") + 1 for value in values) > MAX_FORWARDED_FOR


def target_headers(request: Request, listener: Listener, trace: str) -> tuple[tuple[str, str], ...]:
    """The request's headers as a target sees them, with this trace id.

    Names are lower case; the load balancer's own take the place of the client's.
    """
    attributes = listener.attributes
    ours = {
        "x-amzn-trace-id": trace,
        "x-forwarded-for": _forwarded_for(request, attributes),
        "x-forwarded-port": str(listener.port),
        "x-forwarded-proto": listener.protocol.lower(),
    }
    headers = [
        (name, _host(value, listener) if name == "host" else value)
        for name, value in request.headers
        if name not in ours
        and name not in HOP_BY_HOP
        and not (attributes.drop_invalid_headers and _VALID_NAME.fullmatch(name) is None)
    ]
    headers.extend((name, value) for name, value in ours.items() if value is not None)
    return tuple(headers)


def _forwarded_for(request: Request, attributes: Attributes) -> str | None:
    sent = ", ".join(request.values("x-forwarded-for")) or None
    if attributes.xff_mode == "remove":
        return None
    if attributes.xff_mode == "preserve":
        return sent
    peer = _text(request.peer)
    if attributes.xff_client_port:
        peer = f"{peer}:{request.peer_port}"
    return f"{sent}, {peer}" if sent else peer


@lru_cache(maxsize=1024)
def _text(address: IPv4Address | IPv6Address) -> str:
    return str(address) if address.version == 4 else f"[{address}]"


def _host(host: str, listener: Listener) -> str:
    if listener.attributes.preserve_host_header:
        return host
    default = _DEFAULT_PORTS.get(listener.protocol)
    if listener.port == default:
        return host.removesuffix(f":{default}")
    has_port = re.search(r":\d+$", host) is not None
    return host if has_port or not host else f"{host}:{listener.port}"
