"""The sockets of one listener: HTTP in, answers out."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from terrarium.cloud.load_balancer import pages
from terrarium.cloud.load_balancer.answer import SERVER, Answer
from terrarium.cloud.load_balancer.exchange import Invoker, answer
from terrarium.cloud.load_balancer.model import Listener
from terrarium.cloud.load_balancer.request import Request, split_target

_log = logging.getLogger(__name__)

BODY_BYTES = 1_048_576
LINE_BYTES = 16_384
HEADERS_BYTES = 65_536
"""Source: Application Load Balancers guide, "Lambda functions as targets" and HTTP 400."""

_MAX_HEADERS = 1_000
_LINGER_SECONDS = 1.0


class RefusedError(Exception):
    """The request cannot be read; ``status`` is the answer, after which the connection closes."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ListenerServer:
    """Serves ``listener``; assigning another one takes effect with the next request."""

    def __init__(
        self, listener: Listener, functions: Invoker, local_ports: Mapping[int, int]
    ) -> None:
        self.listener = listener
        self._functions = functions
        self._local_ports = local_ports
        self._connections = _Connections(self._handle, listener.attributes.idle_timeout_seconds)
        self._sockets: asyncio.Server | None = None

    async def open(self, bound: socket.socket) -> None:
        """Serve on a bound socket."""
        loop = asyncio.get_running_loop()
        self._sockets = await loop.create_server(self._connections, sock=bound, backlog=1024)

    async def close(self, grace_seconds: float) -> None:
        """Accept nothing more, give running requests a while, close."""
        if self._sockets is not None:
            self._sockets.close()
        await self._connections.shutdown(grace_seconds)

    async def _handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        listener = self.listener
        try:
            request = await _read(incoming, listener.attributes.idle_timeout_seconds)
        except RefusedError as refused:
            return _response(pages.error(refused.status, close=True), listener.response_headers)
        given = await answer(request, listener, self._functions, self._local_ports)
        return _response(given, listener.response_headers)


class _Connections(web.Server):
    def __init__(self, handler: web._RequestHandler, idle_seconds: float) -> None:  # type: ignore[name-defined]
        super().__init__(handler)
        self._idle_seconds = idle_seconds

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,
            keepalive_timeout=self._idle_seconds,
            lingering_time=_LINGER_SECONDS,
            max_field_size=LINE_BYTES,
            max_headers=_MAX_HEADERS,
            max_line_size=LINE_BYTES,
        )


class _Connection(web.RequestHandler):
    """Answers what cannot be parsed, or what we got wrong, with the load balancer's own pages."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun; nothing else can be said")
        if status >= 500:
            _log.error("%s %s failed: %s", request.method, request.path, message, exc_info=exc)
        return _response(pages.error(status, close=True))


async def _read(incoming: web.BaseRequest, idle_seconds: float) -> Request:
    if len(incoming.raw_path) > LINE_BYTES:
        raise RefusedError(414)
    if sum(len(name) + len(value) + 4 for name, value in incoming.raw_headers) > HEADERS_BYTES:
        raise RefusedError(400)
    if incoming.method == hdrs.METH_CONNECT:
        raise RefusedError(400)
    encoding = incoming.headers.get(hdrs.TRANSFER_ENCODING, "chunked").lower()
    if encoding not in {"chunked", "identity"}:
        raise RefusedError(501)
    body = await _read_body(incoming, idle_seconds) if incoming.body_exists else b""
    path, query = split_target(incoming.raw_path)
    host, port = (
        incoming.transport.get_extra_info("peername")[:2] if incoming.transport else ("::", 0)
    )
    return Request(
        method=incoming.method,
        path=path,
        query=query,
        headers=tuple((name.lower(), value) for name, value in incoming.headers.items()),
        body=body,
        peer=ip_address(host),
        peer_port=port,
    )


async def _read_body(incoming: web.BaseRequest, idle_seconds: float) -> bytes:
    if (incoming.content_length or 0) > BODY_BYTES:
        raise RefusedError(413)
    if incoming.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        incoming.writer.output_size = 0
    body = bytearray()
    try:
        while not incoming.content.at_eof():
            async with asyncio.timeout(idle_seconds):
                body += await incoming.content.readany()
            if len(body) > BODY_BYTES:
                raise RefusedError(413)
    except TimeoutError:
        raise RefusedError(408) from None
    except (web.RequestPayloadError, HttpProcessingError):
        raise RefusedError(400) from None
    return bytes(body)


def _response(given: Answer, added: tuple[tuple[str, str], ...] = ()) -> web.Response:
    headers = CIMultiDict(given.headers)
    headers.setdefault(hdrs.SERVER, SERVER)
    headers.update(added)
    response = web.Response(
        status=given.status, reason=given.reason, headers=headers, body=given.body
    )
    if given.close:
        response.force_close()
    return response
