"""HTTP responses: the value, the load balancer's error pages and the bytes on the wire."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from html import escape
from http import HTTPStatus
from typing import NamedTuple

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_SERVER = "awselb/2.0"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_PAGE_PHRASES = _PHRASES | {
    408: "Request Time-out",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    463: "Too Many X-Forwarded-For Addresses",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_STATUSES_WITHOUT_BODY = frozenset({204, 304})
"""Source: RFC 9110, section 6.4.1."""


class Response(NamedTuple):
    """A response to the client.

    ``headers`` include neither Content-Length nor headers of the connection. ``error_reason`` goes
    into the access log. ``close`` closes the connection after the response.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    reason: str | None = None
    error_reason: str | None = None
    close: bool = False


def error_page(
    status: int, *, reason: str | None = None, note: str | None = None, close: bool = False
) -> Response:
    """Return the small HTML page that an ALB sends with errors and redirects.

    ``reason`` is the error reason in the access log; ``note`` adds a line that AWS does not have.
    """
    phrase = _PAGE_PHRASES[status]
    lines = [
        "<html>",
        f"<head><title>{status} {phrase}</title></head>",
        "<body>",
        f"<center><h1>{status} {phrase}</h1></center>",
        *([f"<p>{escape(note)}</p>"] if note else []),
        "</body>",
        "</html>",
        "",
    ]
    return Response(
        status=status,
        headers=(("Content-Type", "text/html"),),
        body="\r\n".join(lines).encode(),
        reason=phrase,
        error_reason=reason,
        close=close,
    )


def not_supported(feature: str) -> Response:
    """Return a 501 that names a feature of AWS that the local load balancer lacks."""
    return error_page(501, note=f"The local load balancer does not support {feature}.")


def encode(
    response: Response,
    listener_headers: tuple[tuple[str, str], ...],
    *,
    head_only: bool,
    keep_alive: bool,
) -> bytes:
    """Return the bytes of an HTTP/1.1 response.

    ``listener_headers`` replace headers of the same name. With ``head_only`` (the response to
    HEAD), Content-Length is the length of the body that is not sent.
    """
    phrase = _PHRASES.get(response.status, "") if response.reason is None else response.reason
    headers = response.headers
    if listener_headers:
        replaced = {name.lower() for name, _ in listener_headers}
        kept = [pair for pair in headers if pair[0].lower() not in replaced]
        headers = (*kept, *listener_headers)
    names = {name.lower() for name, _ in headers}
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if "date" not in names:
        lines.append(f"Date: {_date(int(time.time()))}")
    if "server" not in names:
        lines.append(f"Server: {_SERVER}")
    has_body = response.status not in _STATUSES_WITHOUT_BODY
    if has_body:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n")
    head = "\r\n".join(lines).encode()
    return head + response.body if has_body and not head_only else head


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
