"""granian, the HTTP server of the control plane, on a socket of ours."""

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
from local_aws.control_plane.service import ControlPlane, is_local
from local_aws.errors import CloudError

_DRAIN_SECONDS = 2.0
_CONCURRENT_THREADS = 256
"""Invocations wait for functions, and functions call this control plane."""

_BACKLOG = 1024
_log = logging.getLogger("local_aws.control_plane")


class _Server(EmbeddedServer):
    """granian on a listening socket that this process opened without SO_REUSEPORT."""

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
    make: Any = SocketHolder  # its stub lacks the constructor: descriptor, is Unix socket, backlog
    return make(listener.fileno(), False, _BACKLOG)


def run(plane: ControlPlane, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then save if something changed, and end the process."""
    asyncio.run(_serve(plane, listener))
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
    # The interpreter would wait for a thread with a request that does not end.
    os._exit(exit_code)


async def _serve(plane: ControlPlane, listener: socket.socket) -> None:
    # moto handles one request at a time. With more threads, requests took 45 MB more memory and
    # not less time: malloc has an arena for each thread.
    moto = ThreadPoolExecutor(1, thread_name_prefix="moto")
    concurrent = ThreadPoolExecutor(_CONCURRENT_THREADS, thread_name_prefix="concurrent")

    def executor_of(request: Request) -> ThreadPoolExecutor:
        return concurrent if is_invocation(request) or is_local(request) else moto

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
        await serving  # raises the error that ended it
        raise CloudError("granian ended without a signal")
    server.stop()  # type: ignore[no-untyped-call] # granian ships no types
    # Do not wait for clients that keep their connections open.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(serving, _DRAIN_SECONDS)
