"""One client's connection: requests in, answers out, in order.

A request runs without a task of its own: what is read is parsed, decided and given to a worker in
one turn of the loop, and the worker's answer is written in another.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple, Protocol, cast

from local_aws.load_balancer import desync, pages, wire
from local_aws.load_balancer.completed_request import Client, Finished, Observer
from local_aws.load_balancer.request import Request, split_target
from local_aws.load_balancer.request_handler import Prepared, Responder
from local_aws.load_balancer.request_head import USUAL_BYTES, Head, RefusedError
from local_aws.load_balancer.request_reader import Incoming, Message
from local_aws.load_balancer.response import Answer
from local_aws.load_balancer.rules import Decision

_log = logging.getLogger(__name__)

_AHEAD_BYTES = 65_536
"""What a client may send ahead of the answer it waits for; then it is not read from."""

_UNSENT_BYTES = 262_144
"""Answers that a client does not take; then its next request waits."""

_LINGER_SECONDS = 1.0


_NOBODY = Client(ip_address("127.0.0.1"), 0, "-")


class Site(Protocol):
    """What the connections of a listener share; see ListenerServer."""

    responder: Responder
    observers: tuple[Observer, ...]
    closing: bool

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...


@dataclass(slots=True)
class _Running:
    """The request that is being answered; ``request`` is None for one that could not be read."""

    responder: Responder
    head: Head | None
    message: Message | None
    request: Request | None
    finding: desync.Reason | None
    received_at: float
    began: float


class _Known(NamedTuple):
    """The request that came last: most clients say the same again and again."""

    head: Head
    responder: Responder
    prepared: Prepared


class Connection(asyncio.Protocol):
    """``busy`` while a request is being answered."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._incoming = Incoming()
        self._transport: asyncio.Transport | None = None
        self.client = _NOBODY
        self._running: _Running | None = None
        self._known: _Known | None = None
        self._in_turn = False
        self._reading = True
        self._writable = True
        self._closes_by_half = True
        """Not over TLS, where the end of what is sent is the end of the connection."""
        self._ended = False
        """The client has sent all that it will."""
        self._close_at: float | None = None
        """Everything is said; what still comes is read and thrown away until then."""
        self._active_at = time.monotonic()

    @property
    def busy(self) -> bool:
        return self._running is not None

    @property
    def _open(self) -> asyncio.Transport | None:
        """The transport while something can be said over it."""
        transport = self._transport
        return None if transport is None or transport.is_closing() else transport

    def check(self, now: float) -> None:
        """Close it where the idle timeout, or patience, is at its end. A function's is not ours."""
        if self._transport is None:
            return
        if self._close_at is not None:
            if now >= self._close_at:
                self._transport.abort()
        elif self._running is None:
            idle_seconds = self._site.responder.listener.attributes.idle_timeout_seconds
            if now - self._active_at < idle_seconds:
                return
            if not self._writable:
                self._transport.abort()
            elif self._incoming.begun:
                self._refuse(RefusedError(408))
            else:
                self._transport.close()

    def finish(self) -> None:
        """Close it, now or when its answer is written."""
        if self._running is None and self._transport is not None and self._close_at is None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_UNSENT_BYTES)
        self._closes_by_half = self._transport.can_write_eof()
        host, port = transport.get_extra_info("peername")[:2]
        self.client = Client(ip_address(host), port, f"TID_{random.getrandbits(128):032x}")
        self._site.opened(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._site.closed(self)

    def data_received(self, data: bytes) -> None:
        if self._close_at is not None:
            return
        self._active_at = time.monotonic()
        self._incoming.feed(data)
        if self._running is None and self._writable:
            self._take_turn()
        elif self._reading and self._incoming.held_bytes > _AHEAD_BYTES:
            self._stop_reading()

    def _stop_reading(self) -> None:
        if (transport := self._open) is not None:
            self._reading = False
            transport.pause_reading()

    def eof_received(self) -> bool:
        self._ended = True
        # A client may have closed its half only, and wait for the answer.
        return self._closes_by_half and (self._running is not None or not self._writable)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._active_at = time.monotonic()
        if self._running is None and self._close_at is None:
            self._take_turn()

    def _take_turn(self) -> None:
        """Answer what has come whole, until one of them has to wait for its answer."""
        self._in_turn = True
        while self._running is None and self._writable and self._close_at is None:
            try:
                message = self._incoming.take()
            except RefusedError as refused:
                self._refuse(refused)
                break
            except Exception:
                _log.exception("a request could not be read")
                self._refuse(RefusedError(500))
                break
            if message is None:
                self._await_more()
                break
            self._serve(message)
        self._in_turn = False

    def _await_more(self) -> None:
        transport = self._open
        if transport is None:
            return
        if self._incoming.may_continue():
            transport.write(wire.CONTINUE)
        if not self._reading:
            self._reading = True
            transport.resume_reading()
        if self._ended:
            transport.close()

    def _serve(self, message: Message) -> None:
        head = message.head
        responder = self._site.responder
        prepared = self._again(responder, message)
        request = prepared.request if prepared else self._request(head, message.body)
        self._running = _Running(
            responder, head, message, request, head.finding, time.time(), time.perf_counter()
        )
        mode = responder.listener.attributes.desync_mode
        if head.finding is not None and desync.is_blocked(head.finding, mode):
            self._answered(pages.error(400, close=True), None, None)
            return
        try:
            if prepared is None:
                prepared = responder.prepare(request)
                self._remember(responder, message, prepared)
            responder.respond(prepared, self._answered)
        except Exception:
            _log.exception("%s %s failed", request.method, request.path)
            self._answered(pages.error(500, close=True), None, None)

    def _again(self, responder: Responder, message: Message) -> Prepared | None:
        known = self._known
        if known is None or known.head is not message.head or known.responder is not responder:
            return None
        return None if message.body else known.prepared

    def _remember(self, responder: Responder, message: Message, prepared: Prepared) -> None:
        # What is larger is parsed anew each time, and would be held as long as the connection is.
        small = not message.body and message.received_bytes <= USUAL_BYTES
        self._known = _Known(message.head, responder, prepared) if small else None

    def _refuse(self, refused: RefusedError) -> None:
        responder = self._site.responder
        head = self._incoming.head
        request = None if head is None else self._request(head, b"")
        finding = refused.finding or (None if head is None else head.finding)
        now, began = time.time(), time.perf_counter()
        self._running = _Running(responder, head, None, request, finding, now, began)
        self._answered(pages.error(refused.status, close=True), None, None)

    def _request(self, head: Head, body: bytes) -> Request:
        path, query = split_target(head.target)
        client = self.client
        return Request(head.method, path, query, head.headers, body, client.address, client.port)

    def _answered(self, answer: Answer, decision: Decision | None, trace_id: str | None) -> None:
        running, self._running = self._running, None
        if running is None:
            return  # it had its answer, or there was a bug of ours in between
        listener = running.responder.listener
        head = running.head
        keep_alive = (
            head is not None
            and running.message is not None
            and head.keep_alive
            and not answer.close
            and not self._site.closing
            and not desync.must_close(head.finding, listener.attributes.desync_mode)
        )
        response = wire.response(
            answer,
            listener.response_headers,
            head_only=head is not None and head.method == "HEAD",
            keep_alive=keep_alive,
        )
        self._write(response, keep_alive=keep_alive)
        if self._site.observers:
            exchange = self._finished(running, answer, decision, trace_id, len(response))
            try:
                for observer in self._site.observers:
                    observer.finished(exchange)
            except Exception:  # a log or a metric less, but no worker's connection with it
                _log.exception("an observer failed")
        if not self._in_turn and self._close_at is None and self._writable:
            self._take_turn()

    def _write(self, response: bytes, *, keep_alive: bool) -> None:
        transport = self._open
        if transport is None:
            return  # the client is gone; its function has run to the end, as on AWS
        self._active_at = time.monotonic()
        transport.write(response)
        if not keep_alive:
            # To close with something unread would reset the connection, and perhaps take the
            # answer from the client.
            self._close_at = self._active_at + _LINGER_SECONDS
            if not self._reading:
                self._reading = True
                transport.resume_reading()
            if self._ended or not self._closes_by_half:
                transport.close()
            else:
                transport.write_eof()

    def _finished(
        self,
        running: _Running,
        answer: Answer,
        decision: Decision | None,
        trace_id: str | None,
        sent_bytes: int,
    ) -> Finished:
        return Finished(
            listener=running.responder.listener,
            client=self.client,
            request=running.request,
            version="" if running.head is None else running.head.version,
            finding=running.finding,
            decision=decision,
            trace_id=trace_id,
            answer=answer,
            received_at=running.received_at,
            answer_seconds=time.perf_counter() - running.began,
            received_bytes=0 if running.message is None else running.message.received_bytes,
            sent_bytes=sent_bytes,
        )
