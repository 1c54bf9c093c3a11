"""Follows the configuration of one Region and serves its listeners."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import ssl
from collections.abc import Mapping
from typing import Protocol

from local_aws.cloudwatch.observer import CloudWatchObserver
from local_aws.errors import CloudError
from local_aws.lambda_runtime.function_version import Target
from local_aws.lambda_runtime.invoker import FunctionInvoker
from local_aws.listeners_file import Listener as ServedListener
from local_aws.listeners_file import ListenersFile, certificate
from local_aws.load_balancer.account import Reading
from local_aws.load_balancer.configuration import Configuration, Listener
from local_aws.load_balancer.health_checks import HealthChecks
from local_aws.load_balancer.listener_server import ListenerServer
from local_aws.load_balancer.local_ports import bind, candidate_ports
from local_aws.load_balancer.tls import server_context
from local_aws.load_balancer.web_acl_filter import WebAclFilter
from local_aws.ports import LOOPBACK
from local_aws.waf.web_acl import WebAcl

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 5.0


class Source(Protocol):
    """A Region whose configuration is read, in a thread."""

    region: str

    def read(self, known: str | None) -> Reading | None:
        """Return None if nothing has changed since the mark ``known``. Raises CloudError."""


class DataPlane:
    """Serves a Region's listeners until it is told to stop."""

    def __init__(
        self,
        source: Source,
        functions: FunctionInvoker,
        listeners_file: ListenersFile,
        observer: CloudWatchObserver,
        *,
        poll_seconds: float,
        followed: asyncio.Event | None = None,
    ) -> None:
        """``followed`` is set once the configuration was read, or could not be read."""
        self._followed = followed or asyncio.Event()
        self._source = source
        self._observer = observer
        self._functions = functions
        self._health_checks = HealthChecks(functions)
        self._listeners_file = listeners_file
        self._poll_seconds = poll_seconds
        self._servers: dict[str, ListenerServer] = {}
        self._ports: dict[str, int] = {}
        self._known_ports = listeners_file.ports(source.region)
        self._local_ports: dict[str, dict[int, int]] = {}
        self._filters: dict[str, WebAclFilter] = {}
        self._served: tuple[ServedListener, ...] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._failures = 0
        self._generation = 0
        self._mark: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the configuration until ``stop`` is set; then close everything."""
        self._functions.start()
        self._observer.start()
        try:
            while not stop.is_set():
                await self._follow()
                self._followed.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await stop.wait()
        finally:
            for key in list(self._servers):
                self._close(key)
            self._health_checks.close()
            await asyncio.gather(*self._closing)
            await self._functions.close()
            await self._observer.close()
            self._listeners_file.update(self._source.region, (), self._known_ports)

    async def apply(
        self,
        configuration: Configuration,
        targets: Mapping[str, Target],
        web_acls: Mapping[str, WebAcl] | None = None,
    ) -> None:
        """Open, change and close listeners to match the configuration.

        ``web_acls`` are by load balancer ARN.
        """
        self._functions.update(targets)
        self._observer.update(configuration, web_acls or {})
        self._health_checks.update(configuration)
        for listener in configuration.listeners:
            request_filter = self._filters.setdefault(listener.load_balancer_arn, WebAclFilter())
            request_filter.use((web_acls or {}).get(listener.load_balancer_arn))
        wanted = {listener.key: listener for listener in configuration.listeners}
        for key, server in list(self._servers.items()):
            if key not in wanted or wanted[key].protocol != server.listener.protocol:
                self._close(key)
        for key, listener in wanted.items():
            if key in self._servers:
                _log_obstacle(self._servers[key].listener, listener)
                self._servers[key].listener = listener
            else:
                await self._open(listener, configuration)
        served = tuple(self._describe(each) for each in wanted.values() if each.key in self._ports)
        if served != self._served:
            self._listeners_file.update(self._source.region, served, self._known_ports)
            self._served = served
            gc.freeze()  # clients and models stay: collections need not look at them

    async def _follow(self) -> None:
        try:
            reading = await asyncio.to_thread(self._source.read, self._mark)
            if reading is not None:
                self._mark = None  # until all of it is served
                if reading.generation != self._generation:
                    self._generation = reading.generation
                    self._functions.recycle()
                await self.apply(reading.configuration, reading.targets, reading.web_acls)
                self._mark = reading.mark
        except CloudError as error:
            self._failures += 1
            # One failure is normal: a load balancer may be deleted while it is read.
            if self._failures == 2:
                _log.warning("serving the last known configuration: %s", error.message)
        else:
            if self._failures >= 2:
                _log.info("following the configuration again")
            self._failures = 0

    async def _open(self, listener: Listener, configuration: Configuration) -> None:
        key = listener.key
        bound = bind(self._candidate_ports(listener, configuration))
        port = bound.getsockname()[1]
        local_ports = self._local_ports.setdefault(listener.load_balancer_name, {})
        request_filter = self._filters[listener.load_balancer_arn]
        server = ListenerServer(
            listener,
            self._functions,
            local_ports,
            request_filter=request_filter,
            observers=(self._observer,),
        )
        await server.open(bound, await self._tls(listener))
        local_ports[listener.port] = port
        self._servers[key] = server
        self._ports[key] = self._known_ports[key] = port
        url = _url(listener, port)
        _log.info("%s serves port %d of %s", url, listener.port, listener.dns_name)
        _log_obstacle(None, listener)
        if listener.unsupported is not None:
            _log.warning("%s answers 501: not supported: %s", url, listener.unsupported.feature)

    def _candidate_ports(self, listener: Listener, configuration: Configuration) -> list[int]:
        return candidate_ports(
            listener,
            configuration.listeners,
            self._listeners_file.http_port,
            self._known_ports.get(listener.key),
            self._ports.values(),
        )

    async def _tls(self, listener: Listener) -> ssl.SSLContext | None:
        if listener.protocol != "HTTPS":
            return None
        return await asyncio.to_thread(server_context, certificate(self._listeners_file.path))

    def _close(self, key: str) -> None:
        server = self._servers.pop(key)
        port = self._ports.pop(key)
        self._local_ports[server.listener.load_balancer_name].pop(server.listener.port, None)
        _log.info("%s closes", _url(server.listener, port))
        task = asyncio.create_task(server.close(_GRACE_SECONDS))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _describe(self, listener: Listener) -> ServedListener:
        port = self._ports[listener.key]
        return ServedListener(
            load_balancer_arn=listener.load_balancer_arn,
            dns_name=listener.dns_name,
            listener_port=listener.port,
            protocol=listener.protocol,
            local_port=port,
            url=_url(listener, port),
            obstacle=listener.obstacle,
        )


def _log_obstacle(before: Listener | None, now: Listener) -> None:
    if now.obstacle == (before and before.obstacle):
        return
    if now.obstacle is None:
        _log.info("clients reach port %d of %s again", now.port, now.dns_name)
    else:
        _log.warning("no client reaches port %d of %s: %s", now.port, now.dns_name, now.obstacle)


def _url(listener: Listener, port: int) -> str:
    return f"{listener.protocol.lower()}://{LOOPBACK}:{port}"
