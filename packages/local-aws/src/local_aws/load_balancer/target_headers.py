"""Headers that a target receives: Host, X-Forwarded-* and X-Amzn-Trace-Id.

Sources: Application Load Balancers guide, "HTTP headers and Application Load Balancers" and
"Request tracing for your Application Load Balancer".
"""

from __future__ import annotations

import random
import re
import time

from local_aws.load_balancer.configuration import Attributes, Listener
from local_aws.load_balancer.request import HOP_BY_HOP, Request

MAX_FORWARDED_FOR = 30
"""Most addresses in X-Forwarded-For; a request with more gets a 463."""

_VALID_NAME = re.compile(r"[-A-Za-z0-9]+")
_DEFAULT_PORTS = {"HTTP": 80, "HTTPS": 443}


def has_too_many_addresses(request: Request) -> bool:
    """Return whether X-Forwarded-For has more addresses than an ALB accepts."""
    values = request.values("x-forwarded-for")
    return sum(value.count(",") + 1 for value in values) > MAX_FORWARDED_FOR


def target_headers(request: Request, listener: Listener, trace: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request as the target receives them.

    Names are in lower case. The load balancer's headers replace the client's; ``trace`` is the
    value of X-Amzn-Trace-Id.
    """
    attributes = listener.attributes
    added = {
        "x-amzn-trace-id": trace,
        "x-forwarded-for": _forwarded_for(request, attributes),
        "x-forwarded-port": str(listener.port),
        "x-forwarded-proto": listener.protocol.lower(),
    }
    headers = [
        (name, _host(value, listener) if name == "host" else value)
        for name, value in request.headers
        if name not in added
        and name not in HOP_BY_HOP
        and not (attributes.drop_invalid_headers and _VALID_NAME.fullmatch(name) is None)
    ]
    headers.extend((name, value) for name, value in added.items() if value is not None)
    return tuple(headers)


def trace_id(sent: str | None) -> str:
    """Return X-Amzn-Trace-Id for the target, from the value that the client sent.

    Without a Root, a new one is added. With a Root, a Self is added or replaced. Other fields stay.
    """
    if not sent:
        return f"Root={_new_trace_identifier()}"
    fields = [field for field in sent.split(";") if field.strip()]
    others = [field for field in fields if not field.strip().lower().startswith("self=")]
    if any(field.strip().lower().startswith("root=") for field in others):
        return ";".join([f"Self={_new_trace_identifier()}", *others])
    return ";".join([f"Root={_new_trace_identifier()}", *others])


def _new_trace_identifier() -> str:
    return f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"


def _forwarded_for(request: Request, attributes: Attributes) -> str | None:
    sent = ", ".join(request.values("x-forwarded-for")) or None
    if attributes.xff_mode == "remove":
        return None
    if attributes.xff_mode == "preserve":
        return sent
    client = str(request.peer) if request.peer.version == 4 else f"[{request.peer}]"
    if attributes.xff_client_port:
        client = f"{client}:{request.peer_port}"
    return f"{sent}, {client}" if sent else client


def _host(host: str, listener: Listener) -> str:
    if listener.attributes.preserve_host_header:
        return host
    default = _DEFAULT_PORTS.get(listener.protocol)
    if listener.port == default:
        return host.removesuffix(f":{default}")
    has_port = re.search(r":\d+$", host) is not None
    return host if has_port or not host else f"{host}:{listener.port}"
