"""A request and a response as values, and the ASGI application that carries them.

ASGI rather than WSGI towards granian, because only ASGI keeps the path as it arrived: an S3 key or
an ARN with an encoded slash is a different thing once decoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY = 512 * 1024 * 1024
"""Everything lives in memory here, so a single upload is bounded well below S3's 5 GiB."""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "server"})
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """``raw_path`` is percent-encoded as it arrived; header names are in lower case."""

    method: str
    raw_path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that (lower-case) name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Handler = Callable[[Request], Response]


class AsgiApplication:
    """Reads a whole request, runs ``handler`` on a thread of the executor that ``executor_of``
    names for it, writes its response."""

    def __init__(self, handler: Handler, executor_of: Callable[[Request], Executor]) -> None:
        self._handler = handler
        self._executor_of = executor_of

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        )
        body = await _read_body(receive)
        request = Request(
            method=scope["method"],
            raw_path=scope["raw_path"].decode("latin-1") or "/",
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=b"" if body is None else body[:MAX_BODY],
        )
        response = _refusal(request, body)
        if response is None:
            loop = asyncio.get_running_loop()
            executor = self._executor_of(request)
            response = await loop.run_in_executor(executor, self._handler, request)
        await _write(response, request, send)


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, None when it never came whole; of one too long, a byte more than allowed."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        # An upload that is refused is still read to its end, so that the client hears why.
        body += message.get("body", b"")[: MAX_BODY + 1 - len(body)]
        if not message.get("more_body", False):
            return bytes(body)


def _refusal(request: Request, body: bytes | None) -> Response | None:
    """Half a body must never be stored, whether its client went away or garbled it."""
    if body is None:
        return _plain(400, "the body is incomplete\n")
    if len(body) > MAX_BODY:
        return _plain(413, f"this cloud takes bodies of up to {MAX_BODY} bytes\n")
    length = request.header("content-length")
    if length.isdecimal() and int(length) != len(body):
        return _plain(400, "the body is incomplete\n")
    return None


def _plain(status: int, text: str) -> Response:
    return Response(status, (("content-type", "text/plain"),), text.encode())


async def _write(response: Response, request: Request, send: Send) -> None:
    headers = [(name.lower(), value) for name, value in response.headers]
    headers = [(name, value) for name, value in headers if name not in _HOP_BY_HOP]
    body = response.body
    if request.method == "HEAD" or response.status in _BODILESS:
        body = b""  # the length of a HEAD answer is that of the object, so it is left alone
    else:
        headers = [(name, value) for name, value in headers if name != "content-length"]
        headers.append(("content-length", str(len(body))))
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.encode("latin-1"), _header_value(value)) for name, value in headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _header_value(value: str) -> bytes:
    return value.replace("\r", " ").replace("\n", " ").encode("utf-8")
