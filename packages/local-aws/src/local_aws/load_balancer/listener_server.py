"""A listener's socket and its connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Mapping

from local_aws.load_balancer.completed_request import Observer
from local_aws.load_balancer.configuration import Listener
from local_aws.load_balancer.connection import Connection
from local_aws.load_balancer.request_handler import Invoker, RequestFilter, RequestHandler

_TIMEOUT_CHECK_SECONDS = 0.25
"""All connections share one timer, so that timeouts are exact to this interval."""

_BACKLOG = 1024


class ListenerServer:
    """Serves a listener. A new value of ``listener`` takes effect with the next request."""

    def __init__(
        self,
        listener: Listener,
        functions: Invoker,
        local_ports: Mapping[int, int],
        *,
        request_filter: RequestFilter | None = None,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.observers = observers
        self.closing = False
        self._functions = functions
        self._local_ports = local_ports
        self._request_filter = request_filter
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self.handler = self._handler(listener)

    @property
    def listener(self) -> Listener:
        return self.handler.listener

    @listener.setter
    def listener(self, listener: Listener) -> None:
        if listener != self.handler.listener:
            self.handler = self._handler(listener)

    async def open(self, bound: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Serve on a bound socket, with TLS if a context is given."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), sock=bound, backlog=_BACKLOG, ssl=tls
        )

    async def close(self, grace_seconds: float) -> None:
        """Stop accepting, give current requests ``grace_seconds``, then close."""
        self.closing = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._all_closed.wait()
        for connection in list(self._connections):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()

    def opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        for observer in self.observers:
            observer.connected(self.listener, connection.client)
        self._all_closed.clear()
        if self.listener.obstacle is not None:
            connection.abort()
        if self._timer is None:
            self._start_timer()

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        for observer in self.observers:
            observer.disconnected(self.listener)
        if not self._connections:
            self._all_closed.set()

    def check_timeouts(self, now: float) -> None:
        """Close connections that reached a timeout; ``now`` is a value of ``time.monotonic``."""
        for connection in list(self._connections):
            connection.check_timeouts(now)

    def _start_timer(self) -> None:
        def check() -> None:
            self._timer = None
            self.check_timeouts(time.monotonic())
            if self._connections:
                self._start_timer()

        self._timer = asyncio.get_running_loop().call_later(_TIMEOUT_CHECK_SECONDS, check)

    def _handler(self, listener: Listener) -> RequestHandler:
        return RequestHandler(listener, self._functions, self._local_ports, self._request_filter)
