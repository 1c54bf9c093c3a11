"""Runtime API of one worker: frames on a socket that only this worker has.

The module bootstrap, at the other end of the socket, defines the frames. Source of their
content: Lambda developer guide, "Using the Lambda runtime API".
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from typing import Protocol, cast

from local_aws.lambda_runtime import bootstrap
from local_aws.lambda_runtime.bootstrap import INVOCATION, RESPONSE_BYTES, RESULT
from local_aws.lambda_runtime.invocation import (
    Answered,
    Failed,
    Invocation,
    Outcome,
    Reason,
    error_document,
)

_POLL_SECONDS = 0.001 if (os.cpu_count() or 1) > 1 else 0.0
"""How long the event loop polls for the response of a quick function before it sleeps.

Waking up takes as long as many functions run. Measured with benchmarks.load_balancer, on and off in
one run: 27 % more requests per second on one connection.
"""


class RuntimeEvents(Protocol):
    """Receiver of what the runtime client reports."""

    def initialised(self, failed: Failed | None) -> None:
        """The init phase ended: with None if the client waits for an invocation."""

    def finished(self, outcome: Outcome) -> None:
        """The last invocation that was sent ended."""

    def disconnected(self) -> None:
        """The client closed its end of the socket, usually because its process ended."""


class RuntimeApi(asyncio.Protocol):
    """The data plane's end of the socket. ``closed`` is set when the worker's end is closed."""

    def __init__(self, events: RuntimeEvents) -> None:
        self.closed = asyncio.Event()
        self.all_read = True
        """False if the worker ended before it read all that was sent, and so ran none of it."""
        self._events = events
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()
        self._sent_at: float | None = None
        self._is_polling = False
        self._is_quick = False

    async def open(self, connection: socket.socket) -> None:
        await self._loop.create_connection(lambda: self, sock=connection)

    def send(self, invocation: Invocation, timeout_seconds: float) -> None:
        if self._transport is None or self.closed.is_set():
            self.all_read = False
            return
        arn = invocation.arn.encode()
        trace = invocation.trace_id.encode(errors="replace")
        context = invocation.client_context.encode()
        event = invocation.payload
        deadline_ms = int((time.time() + timeout_seconds) * 1000)
        lengths = len(arn), len(trace), len(context), len(event)
        head = INVOCATION.pack(invocation.request_id.encode(), deadline_ms, *lengths)
        self._transport.write(b"".join((head, arn, trace, context, event)))
        self._sent_at = time.perf_counter()
        if self._is_quick and not self._is_polling:
            self._poll()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def eof_received(self) -> None:
        self._disconnected(all_read=True)

    def connection_lost(self, exc: Exception | None) -> None:
        # The kernel reports "connection reset" if the other end was closed with unread bytes,
        # and "broken pipe" if we write to an end that is closed.
        self._disconnected(all_read=exc is None)

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        while len(received) >= RESULT.size:
            kind, length = RESULT.unpack_from(received)
            end = RESULT.size + length
            if length > RESPONSE_BYTES:
                self.close()  # our bootstrap never sends this, so the function did
                return
            if len(received) < end:
                return
            text = bytes(received[RESULT.size : end])
            del received[:end]
            self._handle(kind, text)

    def _poll(self) -> None:
        """Keep the event loop awake: it does not sleep while it has a callback to run."""
        sent_at = self._sent_at
        self._is_polling = sent_at is not None and time.perf_counter() - sent_at < _POLL_SECONDS
        if self._is_polling:
            os.sched_yield()  # the client may wait for this core
            self._loop.call_soon(self._poll)

    def _disconnected(self, *, all_read: bool) -> None:
        if self.closed.is_set():
            return
        unsent = self._transport is not None and self._transport.get_write_buffer_size() > 0
        self.all_read = all_read and not unsent
        self.closed.set()
        self._events.disconnected()

    def _handle(self, kind: bytes, text: bytes) -> None:
        if self._sent_at is not None:
            self._is_quick = time.perf_counter() - self._sent_at < _POLL_SECONDS
            self._sent_at = None
        if kind == bootstrap.RESPONSE:
            self._events.finished(Answered(text))
        elif kind == bootstrap.ERROR:
            self._events.finished(_failed(text))
        elif kind == bootstrap.TOO_LARGE:
            self._events.finished(_TOO_LARGE)
        elif kind == bootstrap.READY:
            self._events.initialised(None)
        elif kind == bootstrap.INIT_ERROR:
            self._events.initialised(_failed(text))


_TOO_LARGE = Failed(
    Reason.RESPONSE_TOO_LARGE,
    f"the response exceeds {RESPONSE_BYTES} bytes",
    error_document(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({RESPONSE_BYTES} bytes).",
    ),
)


def _failed(error: bytes) -> Failed:
    return Failed(Reason.UNHANDLED, _error_text(error), error)


def _error_text(document: bytes) -> str:
    try:
        error = json.loads(document)
        return f"{error['errorType']}: {error['errorMessage']}"
    except (ValueError, KeyError, TypeError):
        return document[:500].decode(errors="replace")
