"""Request and response values, and the ASGI application that reads and writes them.

The interface to granian is ASGI, because WSGI decodes the path: an S3 key or ARN with an encoded
slash would change.
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
"""Maximum length of a body, well below S3's 5 GiB, because objects are kept in memory."""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "server"})
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """``raw_path`` is percent-encoded as the client sent it; header names are in lower case."""

    method: str
    raw_path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header with that lower-case name, or an empty string."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Handler = Callable[[Request], Response]


class AsgiApplication:
    """Reads a whole request, calls ``handler`` in an executor, and writes the response."""

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
    """Return the body, None if the client disconnected; at most ``MAX_BODY + 1`` bytes."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        # Read a body that is too long to its end, so that the client reads the answer.
        body += message.get("body", b"")[: MAX_BODY + 1 - len(body)]
        if not message.get("more_body", False):
            return bytes(body)


def _refusal(request: Request, body: bytes | None) -> Response | None:
    """Return an error for an incomplete or too long body, or None."""
    if body is None:
        return _plain(400, "the body is incomplete\n")
    if len(body) > MAX_BODY:
        return _plain(413, f"the maximum length of a body is {MAX_BODY} bytes\n")
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
        body = b""  # keep the content-length of a HEAD answer: it is that of the object
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
