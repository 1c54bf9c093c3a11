"""The Runtime API of one worker: frames on a socket that only this worker has.

What the frames hold is in bootstrap, the other end. Source of what they stand for: Lambda developer
guide, "Using the Lambda runtime API".
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from typing import Protocol, cast

from local_aws.lambda_runtime import bootstrap
from local_aws.lambda_runtime.bootstrap import ANSWER_BYTES, INVOCATION, RESULT
from local_aws.lambda_runtime.invocation import Invocation
from local_aws.lambda_runtime.outcome import Answered, Failed, Outcome, Reason

_HEAD = RESULT.size

_AWAKE_SECONDS = 0.001 if (os.cpu_count() or 1) > 1 else 0.0
"""How long the loop looks out for an answer instead of sleeping: to be woken takes as long as many
a function does. With one core the function would wait for us."""


class Hears(Protocol):
    """Who is told what the worker says."""

    def initialised(self, failed: Failed | None) -> None:
        """It asks for work for the first time; or why it never will."""

    def finished(self, outcome: Outcome) -> None:
        """How the invocation that it was sent last has ended."""

    def hung_up(self) -> None:
        """It has closed its end, most likely by ending."""


class RuntimeApi(asyncio.Protocol):
    """Our end of the socket. ``closed`` is set when the worker's end is."""

    def __init__(self, hears: Hears) -> None:
        self.closed = asyncio.Event()
        self.took_all = True
        """False when the worker ended before it read all that was sent: it runs none of it."""
        self._hears = hears
        self._transport: asyncio.WriteTransport | None = None
        self._partial = bytearray()
        self._awaited = 0
        self._loop = asyncio.get_running_loop()
        self._sent_at: float | None = None
        self._looks_out = False
        self._is_quick = False
        """The last invocation was answered before we would have gone to sleep."""

    async def open(self, connection: socket.socket) -> None:
        await self._loop.create_connection(lambda: self, sock=connection)

    def send(self, invocation: Invocation, timeout_seconds: float) -> None:
        if self._transport is None or self.closed.is_set():
            self.took_all = False
            return
        arn = invocation.arn.encode()
        trace = invocation.trace_id.encode(errors="replace")
        event = invocation.payload
        deadline_ms = int((time.time() + timeout_seconds) * 1000)
        request_id = invocation.request_id.encode()
        context = invocation.client_context.encode()
        lengths = len(arn), len(trace), len(context), len(event)
        head = INVOCATION.pack(request_id, deadline_ms, *lengths)
        self._transport.write(b"".join((head, arn, trace, context, event)))
        self._sent_at = time.perf_counter()
        if self._is_quick and not self._looks_out:
            self._look_out()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def eof_received(self) -> None:
        self._hung_up(took_all=True)

    def connection_lost(self, exc: Exception | None) -> None:
        # The kernel says "connection reset" when the other end is closed with something unread,
        # and "broken pipe" when we write to one that is closed already.
        self._hung_up(took_all=exc is None)

    def data_received(self, data: bytes) -> None:
        if self._partial:
            self._partial += data
            if len(self._partial) < self._awaited:
                return
            data = bytes(self._partial)
            self._partial.clear()
        while len(data) >= _HEAD:
            kind, length = RESULT.unpack_from(data)
            end = _HEAD + length
            if length > ANSWER_BYTES:
                self.close()  # nothing that our code at the other end would send
                return
            if len(data) < end:
                self._awaited = end
                break
            self._take(kind, data[_HEAD:end])
            data = data[end:]
        else:
            self._awaited = _HEAD
        self._partial += data

    def _look_out(self) -> None:
        sent_at = self._sent_at
        self._looks_out = sent_at is not None and time.perf_counter() - sent_at < _AWAKE_SECONDS
        if self._looks_out:
            # To who waits for this core, most of all a client that has just been answered.
            os.sched_yield()
            self._loop.call_soon(self._look_out)  # and a loop with something to call does not sleep

    def _hung_up(self, *, took_all: bool) -> None:
        if self.closed.is_set():
            return
        unsent = self._transport is not None and self._transport.get_write_buffer_size() > 0
        self.took_all = took_all and not unsent
        self.closed.set()
        self._hears.hung_up()

    def _take(self, kind: bytes, text: bytes) -> None:
        if self._sent_at is not None:
            self._is_quick = time.perf_counter() - self._sent_at < _AWAKE_SECONDS
            self._sent_at = None
        if kind == bootstrap.RESPONSE:
            self._hears.finished(Answered(text))
        elif kind == bootstrap.ERROR:
            self._hears.finished(_failed(text))
        elif kind == bootstrap.TOO_LARGE:
            self._hears.finished(_TOO_LARGE)
        elif kind == bootstrap.READY:
            self._hears.initialised(None)
        elif kind == bootstrap.INIT_ERROR:
            self._hears.initialised(_failed(text))


_TOO_LARGE = Failed(
    Reason.RESPONSE_TOO_LARGE,
    f"the answer exceeds {ANSWER_BYTES} bytes",
    json.dumps(
        {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size "
            f"({ANSWER_BYTES} bytes).",
        }
    ).encode(),
)


def _failed(error: bytes) -> Failed:
    return Failed(Reason.UNHANDLED, _error_text(error), error)


def _error_text(body: bytes) -> str:
    try:
        error = json.loads(body)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return body[:500].decode(errors="replace")
