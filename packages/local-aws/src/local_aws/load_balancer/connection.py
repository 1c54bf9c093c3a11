"""A client's connection: requests in, responses out, in order.

A request has no task: it is parsed and given to a function in one turn of the event loop, and its
response is written in another.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, cast

from local_aws.load_balancer import desync
from local_aws.load_balancer.completed_request import Client, CompletedRequest, Observer
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.request import Request, split_target
from local_aws.load_balancer.request_handler import RequestHandler
from local_aws.load_balancer.request_head import RefusedError, RequestHead
from local_aws.load_balancer.request_reader import ReceivedRequest, RequestReader
from local_aws.load_balancer.response import CONTINUE, Response, encode, error_page
from local_aws.load_balancer.rules import RoutingDecision

_log = logging.getLogger(__name__)

_MAX_BUFFERED_BYTES = 65_536
"""Bytes a client may send before its current response; then reading pauses."""

_MAX_UNSENT_BYTES = 262_144
"""Responses a client has not read; then its next request waits."""

_LINGER_SECONDS = 1.0

_UNKNOWN_CLIENT = Client(ip_address("127.0.0.1"), 0, "-")


class Listening(Protocol):
    """Shared state of a listener's connections; see ListenerServer."""

    handler: RequestHandler
    observers: tuple[Observer, ...]
    closing: bool

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...


@dataclass(slots=True)
class _CurrentRequest:
    """The request in progress. ``received`` is None if it was refused before it was complete,
    ``head`` and ``request`` if its head was refused."""

    handler: RequestHandler
    head: RequestHead | None
    received: ReceivedRequest | None
    request: Request | None
    classification_reason: ClassificationReason | None
    received_at: float
    started: float


class Connection(asyncio.Protocol):
    """One client's connection to a listener."""

    def __init__(self, server: Listening) -> None:
        self._server = server
        self._reader = RequestReader()
        self._transport: asyncio.Transport | None = None
        self.client = _UNKNOWN_CLIENT
        self._current: _CurrentRequest | None = None
        self._in_loop = False
        self._reading = True
        self._writable = True
        self._can_write_eof = True
        self._eof_received = False
        self._close_at: float | None = None
        """Set after the last response. Until then the connection reads and discards."""
        self._active_at = time.monotonic()

    @property
    def _open_transport(self) -> asyncio.Transport | None:
        """The transport while it accepts data."""
        transport = self._transport
        return None if transport is None or transport.is_closing() else transport

    def check_timeouts(self, now: float) -> None:
        """Close the connection after the idle timeout. A running function has its own timeout."""
        if self._transport is None:
            return
        if self._close_at is not None:
            if now >= self._close_at:
                self._transport.abort()
        elif self._current is None:
            idle_seconds = self._server.handler.listener.attributes.idle_timeout_seconds
            if now - self._active_at < idle_seconds:
                return
            if not self._writable:
                self._transport.abort()
            elif self._reader.has_partial_request:
                self._refuse(RefusedError(408))
            else:
                self._transport.close()

    def finish(self) -> None:
        """Close the connection, after the current response if there is one."""
        if self._current is None and self._transport is not None and self._close_at is None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_MAX_UNSENT_BYTES)
        self._can_write_eof = self._transport.can_write_eof()  # False for TLS
        host, port = transport.get_extra_info("peername")[:2]
        self.client = Client(ip_address(host), port, f"TID_{random.getrandbits(128):032x}")
        self._server.opened(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._server.closed(self)

    def data_received(self, data: bytes) -> None:
        if self._close_at is not None:
            return
        self._active_at = time.monotonic()
        self._reader.feed(data)
        if self._current is None and self._writable:
            self._handle_received()
        elif self._reader.buffered_bytes > _MAX_BUFFERED_BYTES:
            self._pause_reading()

    def _pause_reading(self) -> None:
        transport = self._open_transport
        if self._reading and transport is not None:
            self._reading = False
            transport.pause_reading()

    def eof_received(self) -> bool:
        self._eof_received = True
        # A client may close its sending half and still read the response.
        return self._can_write_eof and (self._current is not None or not self._writable)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._active_at = time.monotonic()
        if self._current is None and self._close_at is None:
            self._handle_received()

    def _handle_received(self) -> None:
        """Handle complete requests until one waits for its response."""
        self._in_loop = True
        while self._current is None and self._writable and self._close_at is None:
            try:
                received = self._reader.next_request()
            except RefusedError as refused:
                self._refuse(refused)
                break
            except Exception:
                _log.exception("a request could not be read")
                self._refuse(RefusedError(500))
                break
            if received is None:
                self._wait_for_more()
                break
            self._handle(received)
        self._in_loop = False

    def _wait_for_more(self) -> None:
        transport = self._open_transport
        if transport is None:
            return
        if self._reader.take_continue():
            transport.write(CONTINUE)
        if not self._reading:
            self._reading = True
            transport.resume_reading()
        if self._eof_received:
            transport.close()

    def _handle(self, received: ReceivedRequest) -> None:
        head = received.head
        handler = self._server.handler
        request = self._request(head, received.body)
        reason = head.classification_reason
        self._begin(handler, head, received, request, reason)
        if desync.is_blocked(reason, handler.listener.attributes.desync_mode):
            self._respond(error_page(400, close=True), None, None)
            return
        try:
            handler.handle(request, self._respond)
        except Exception:
            _log.exception("%s %s failed", request.method, request.path)
            self._respond(error_page(500, close=True), None, None)

    def _refuse(self, refused: RefusedError) -> None:
        head = self._reader.head
        request = None if head is None else self._request(head, b"")
        reason = refused.classification_reason or (head and head.classification_reason)
        self._begin(self._server.handler, head, None, request, reason)
        self._respond(error_page(refused.status, close=True), None, None)

    def _begin(
        self,
        handler: RequestHandler,
        head: RequestHead | None,
        received: ReceivedRequest | None,
        request: Request | None,
        reason: ClassificationReason | None,
    ) -> None:
        self._current = _CurrentRequest(
            handler, head, received, request, reason, time.time(), time.perf_counter()
        )

    def _request(self, head: RequestHead, body: bytes) -> Request:
        path, query = split_target(head.target)
        client = self.client
        return Request(head.method, path, query, head.headers, body, client.address, client.port)

    def _respond(
        self, response: Response, decision: RoutingDecision | None, trace_id: str | None
    ) -> None:
        current, self._current = self._current, None
        if current is None:
            return  # a handler failed after it had responded
        listener = current.handler.listener
        head = current.head
        keep_alive = (
            head is not None
            and current.received is not None
            and head.keep_alive
            and not response.close
            and not self._server.closing
            and not desync.must_close(head.classification_reason, listener.attributes.desync_mode)
        )
        sent = encode(
            response,
            listener.response_headers,
            head_only=head is not None and head.method == "HEAD",
            keep_alive=keep_alive,
        )
        self._write(sent, keep_alive=keep_alive)
        self._notify_observers(current, response, decision, trace_id, len(sent))
        if not self._in_loop and self._close_at is None and self._writable:
            self._handle_received()

    def _write(self, sent: bytes, *, keep_alive: bool) -> None:
        transport = self._open_transport
        if transport is None:
            return  # the client has gone; on AWS its function runs to the end too
        self._active_at = time.monotonic()
        transport.write(sent)
        if not keep_alive:
            # Closing with unread data would reset the connection and could discard the response.
            self._close_at = self._active_at + _LINGER_SECONDS
            if not self._reading:
                self._reading = True
                transport.resume_reading()
            if self._eof_received or not self._can_write_eof:
                transport.close()
            else:
                transport.write_eof()

    def _notify_observers(
        self,
        current: _CurrentRequest,
        response: Response,
        decision: RoutingDecision | None,
        trace_id: str | None,
        sent_bytes: int,
    ) -> None:
        completed = CompletedRequest(
            listener=current.handler.listener,
            client=self.client,
            request=current.request,
            version="" if current.head is None else current.head.version,
            classification_reason=current.classification_reason,
            decision=decision,
            trace_id=trace_id,
            response=response,
            received_at=current.received_at,
            target_processing_seconds=time.perf_counter() - current.started,
            received_bytes=0 if current.received is None else current.received.received_bytes,
            sent_bytes=sent_bytes,
        )
        try:
            for observer in self._server.observers:
                observer.finished(completed)
        except Exception:
            # An exception would end the connection to the worker.
            _log.exception("an observer failed")
