"""The control plane behind granian, in this one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server as EmbeddedServer

from local_aws.control_plane.http import AsgiApplication, Request
from local_aws.control_plane.invocations import is_invocation
from local_aws.control_plane.service import ControlPlane
from local_aws.errors import CloudError

_DRAIN_SECONDS = 2.0
_THREADS = 32
_INVOCATION_THREADS = 256
"""Invocations wait for functions, which ask this cloud for things: they must not take each other's
threads. Each is started when there is use for it."""

_BACKLOG = 1024
_log = logging.getLogger("local_aws.control_plane")


class _Server(EmbeddedServer):
    """granian on a socket that is already ours.

    Its own one is opened with SO_REUSEPORT, with which two clouds that start at the same moment
    would share a port and each get half of the requests.
    """

    def __init__(self, application: AsgiApplication, listener: socket.socket) -> None:
        host, port = listener.getsockname()
        super().__init__(
            application,
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        self._ssp: Any = None
        self._shd: Any = _holder(self._listener)


def _holder(listener: socket.socket) -> Any:
    make: Any = SocketHolder  # its stub says nothing of the constructor: descriptor, unix, backlog
    return make(listener.fileno(), False, _BACKLOG)


def run(plane: ControlPlane, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then save what changed, and end the process."""
    with (
        ThreadPoolExecutor(_THREADS, thread_name_prefix="request") as executor,
        ThreadPoolExecutor(_INVOCATION_THREADS, thread_name_prefix="invocation") as waiting,
    ):
        asyncio.run(_serve(plane, listener, executor, waiting))
        exit_code = 0
        try:
            saved = plane.save_if_changed()
            if saved is not None:
                _log.info("saved %s (%d bytes)", saved.path, saved.size)
        except CloudError as error:
            _log.error("%s", error.message)
            exit_code = 1
        _log.info("stopped")
        logging.shutdown()
        # A request that hangs in a thread would keep the interpreter from ending.
        os._exit(exit_code)


async def _serve(
    plane: ControlPlane,
    listener: socket.socket,
    executor: ThreadPoolExecutor,
    waiting: ThreadPoolExecutor,
) -> None:
    def executor_of(request: Request) -> ThreadPoolExecutor:
        return waiting if is_invocation(request) else executor

    server = _Server(AsgiApplication(plane.handle, executor_of), listener)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    _log.info("listening on http://%s:%d", *listener.getsockname())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving  # it failed: let the error be seen
        raise CloudError("granian stopped by itself")
    server.stop()  # type: ignore[no-untyped-call] # granian's own
    # A client that keeps its connection open must not keep us.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(serving, _DRAIN_SECONDS)
