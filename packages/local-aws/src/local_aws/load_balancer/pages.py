"""The load balancer's own answers."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

from local_aws.load_balancer.response import Answer

_PHRASES = {
    408: "Request Time-out",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large",
    463: "Too Many X-Forwarded-For Addresses",
    500: "Internal Server Error",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}


def error(
    status: int, *, reason: str | None = None, note: str | None = None, close: bool = False
) -> Answer:
    """A small HTML page, as an ALB has it, for redirects too. ``note`` adds a line of ours."""
    phrase = _PHRASES.get(status) or HTTPStatus(status).phrase
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
    return Answer(
        status=status,
        headers=(("Content-Type", "text/html"),),
        body="\r\n".join(lines).encode(),
        reason=phrase,
        error_reason=reason,
        close=close,
    )


def not_built(feature: str) -> Answer:
    """501 for what AWS can and this machine cannot yet: it names the feature."""
    return error(501, note=f"Not built into the local load balancer: {feature}.")
