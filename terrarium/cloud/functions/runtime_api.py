"""The Runtime API of one worker.

Each worker has a port of its own, so a connection says by itself which worker it is from.
Source: Lambda developer guide, "Using the Lambda runtime API".
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable

from aiohttp import web

from terrarium.cloud.functions.invocation import Invocation
from terrarium.cloud.functions.outcome import Answered, Failed, Outcome, Reason

_ROOT = "/2018-06-01/runtime"
_ANSWER_BYTES = 6_291_556
"""Bytes of a response. Source: Lambda quotas, "Invocation payload", as the service reports it."""


class RuntimeApi:
    """Hands invocations to a worker and takes its answers.

    ``initialised`` resolves to None when the worker first asks for work, or to the text of the
    error that its initialisation ended with. ``on_delivered`` is told of each invocation that the
    worker takes.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.initialised: asyncio.Future[str | None] = loop.create_future()
        self.on_delivered: Callable[[Invocation], None] = lambda _: None
        self._server = web.Server(self._handle, access_log=None)
        self._listener: asyncio.Server | None = None
        self._offered: Invocation | None = None
        self._running: Invocation | None = None
        self._parked: asyncio.Future[bool] | None = None

    async def open(self) -> str:
        """Start to listen; returns ``host:port``."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, "127.0.0.1", 0)
        host, port = self._listener.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(False)
        with contextlib.suppress(TimeoutError):
            await self._server.shutdown(0.1)

    def offer(self, invocation: Invocation) -> None:
        """Give the worker its next invocation, now or when it asks."""
        self._offered = invocation
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(True)

    @property
    def unfinished(self) -> Invocation | None:
        """The invocation that this worker owes an answer to."""
        for invocation in (self._running, self._offered):
            if invocation is not None and not invocation.outcome.done():
                return invocation
        return None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if request.method == "GET" and path == f"{_ROOT}/invocation/next":
            return await self._next()
        if request.method == "POST" and path == f"{_ROOT}/init/error":
            return await self._init_error(request)
        if request.method == "POST" and path.startswith(f"{_ROOT}/invocation/"):
            request_id, _, kind = path.removeprefix(f"{_ROOT}/invocation/").partition("/")
            if kind in {"response", "error"}:
                return await self._finish(request, request_id, kind)
        return _answer(404, {"errorMessage": f"no such path: {path}", "errorType": "NotFound"})

    async def _next(self) -> web.Response:
        if not self.initialised.done():
            self.initialised.set_result(None)
        if self._parked is not None and not self._parked.done():
            # The client asks on a new connection: the old one must not get the invocation.
            self._parked.set_result(False)
        if self._offered is None:
            self._parked = asyncio.get_running_loop().create_future()
            if not await self._parked:
                return _answer(410, {"errorMessage": "superseded", "errorType": "Gone"})
        invocation, self._offered = self._offered, None
        if invocation is None:
            return _answer(410, {"errorMessage": "withdrawn", "errorType": "Gone"})
        self._running = invocation
        invocation.delivered_at = asyncio.get_running_loop().time()
        self.on_delivered(invocation)
        deadline_ms = int((time.time() + invocation.timeout_seconds) * 1000)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        return web.Response(body=invocation.payload, headers=headers)

    async def _finish(self, request: web.BaseRequest, request_id: str, kind: str) -> web.Response:
        invocation = self._running
        if invocation is None or invocation.request_id != request_id or invocation.outcome.done():
            return _answer(
                400, {"errorMessage": "not the running invocation", "errorType": "InvalidRequestID"}
            )
        body = await _read(request, _ANSWER_BYTES)
        outcome: Outcome
        if body is None:
            outcome = Failed(Reason.RESPONSE_TOO_LARGE, f"the answer exceeds {_ANSWER_BYTES} bytes")
        elif kind == "error":
            outcome = Failed(Reason.UNHANDLED, _error_text(body))
        else:
            outcome = Answered(body)
        if not invocation.outcome.done():
            invocation.outcome.set_result(outcome)
        if body is None:
            return _answer(
                413, {"errorMessage": "response too large", "errorType": "RequestEntityTooLarge"}
            )
        return _answer(202, {"status": "OK"})

    async def _init_error(self, request: web.BaseRequest) -> web.Response:
        body = await _read(request, _ANSWER_BYTES)
        if not self.initialised.done():
            self.initialised.set_result(_error_text(body or b""))
        return _answer(202, {"status": "OK"})


async def _read(request: web.BaseRequest, limit: int) -> bytes | None:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _error_text(body: bytes) -> str:
    try:
        error = json.loads(body)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return body[:500].decode(errors="replace")


def _answer(status: int, content: dict[str, str]) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(content).encode(), content_type="application/json"
    )
