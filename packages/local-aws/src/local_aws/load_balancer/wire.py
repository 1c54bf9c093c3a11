"""An answer as the bytes of an HTTP/1.1 response."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from local_aws.load_balancer.response import SERVER, Answer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_USUAL_BYTES = 4_096
_BODILESS = frozenset({204, 304})
"""Statuses whose answer ends with its head (RFC 9110, section 6.4.1)."""


def response(
    answer: Answer, added: tuple[tuple[str, str], ...], *, head_only: bool, keep_alive: bool
) -> bytes:
    """``added`` are headers of the listener: they replace those of the same name.

    With ``head_only`` (the answer to HEAD) the length is that of the body which is not sent.
    """
    now = int(time.time())
    if len(answer.body) <= _USUAL_BYTES:
        return _usual_response(answer, added, head_only, keep_alive, now)
    return _response(answer, added, head_only, keep_alive, now)


def _response(
    answer: Answer,
    added: tuple[tuple[str, str], ...],
    head_only: bool,
    keep_alive: bool,
    now: int,
) -> bytes:
    phrase = _PHRASES.get(answer.status, "") if answer.reason is None else answer.reason
    headers = answer.headers
    if added:
        replaced = {name.lower() for name, _ in added}
        headers = (*(pair for pair in headers if pair[0].lower() not in replaced), *added)
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    has_date = has_server = False
    for name, value in headers:
        lines.append(f"{name}: {value}")
        if len(name) in {4, 6}:
            has_date |= name.lower() == "date"
            has_server |= name.lower() == "server"
    if not has_date:
        lines.append(f"Date: {_date(now)}")
    if not has_server:
        lines.append(f"Server: {SERVER}")
    if answer.status not in _BODILESS:
        lines.append(f"Content-Length: {len(answer.body)}")
    lines.append("Connection: keep-alive\r\n\r\n" if keep_alive else "Connection: close\r\n\r\n")
    head = "\r\n".join(lines).encode()
    return head if head_only or answer.status in _BODILESS else head + answer.body


_usual_response = lru_cache(maxsize=256)(_response)
"""Within a second many answers are the same."""


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
