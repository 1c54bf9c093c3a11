"""The sockets of one listener."""

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
from local_aws.load_balancer.request_handler import Guard, Invoker, Responder

_SWEEP_SECONDS = 0.25
"""How exact the timeouts of connections are: they share one timer."""

_BACKLOG = 1024


class ListenerServer:
    """Serves ``listener``; assigning another one takes effect with the next request."""

    def __init__(
        self,
        listener: Listener,
        functions: Invoker,
        local_ports: Mapping[int, int],
        *,
        guard: Guard | None = None,
        observers: tuple[Observer, ...] = (),
    ) -> None:
        self.observers = observers
        self.closing = False
        self._functions = functions
        self._local_ports = local_ports
        self._guard = guard
        self._connections: set[Connection] = set()
        self._sockets: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()
        self.responder = self._responder(listener)

    @property
    def listener(self) -> Listener:
        return self.responder.listener

    @listener.setter
    def listener(self, listener: Listener) -> None:
        if listener != self.responder.listener:
            self.responder = self._responder(listener)

    async def open(self, bound: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Serve on a bound socket, over TLS if there is a context for it."""
        loop = asyncio.get_running_loop()
        self._sockets = await loop.create_server(
            lambda: Connection(self), sock=bound, backlog=_BACKLOG, ssl=tls
        )

    async def close(self, grace_seconds: float) -> None:
        """Accept nothing more, give running requests a while, close."""
        self.closing = True
        if self._sockets is not None:
            self._sockets.close()
        for connection in list(self._connections):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._empty.wait()
        for connection in list(self._connections):
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()

    def opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        for observer in self.observers:
            observer.connected(self.listener, connection.client)
        self._empty.clear()
        if self.listener.obstacle is not None:
            connection.abort()
        if self._sweeping is None:
            self._sweep_later()

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        for observer in self.observers:
            observer.disconnected(self.listener)
        if not self._connections:
            self._empty.set()

    def sweep(self, now: float) -> None:
        """Close what has reached a timeout; ``now`` is of ``time.monotonic``."""
        for connection in list(self._connections):
            connection.check(now)

    def _sweep_later(self) -> None:
        def again() -> None:
            self._sweeping = None
            self.sweep(time.monotonic())
            if self._connections:
                self._sweep_later()

        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, again)

    def _responder(self, listener: Listener) -> Responder:
        return Responder(listener, self._functions, self._local_ports, self._guard)
