"""Entry point of a worker process: AWS's runtime client on a socket.

It runs as a script and without ``site``, so that a function does not find this package or the
packages of an editable installation. Imports count in every cold start; keep to those that
``awslambdaric`` needs anyway.

Patches on awslambdaric, registered in control_plane.patches: RuntimeClient replaces its native
module ``runtime_client``, and ``LambdaRuntimeClient.post_init_error`` is overridden. The functions
``awslambdaric.bootstrap.run`` and ``to_json`` are not documented.
"""

from __future__ import annotations

import os
import sys
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INVOCATION = Struct("!36sQHHHI")
"""Head of a frame to the worker: request id, deadline in milliseconds since the epoch, and the
lengths of function ARN, trace header, client context and event. These four follow."""

RESULT = Struct("!cI")
"""Head of a frame from the worker: one of the kinds below, and the length of a text. It follows."""

READY, RESPONSE, ERROR, INIT_ERROR, TOO_LARGE = b"N", b"R", b"E", b"I", b"L"

RESPONSE_BYTES = 6_291_556
"""Limit of a response. Source: Lambda quotas, "Invocation payload"; the service reports this."""

_CHUNK_BYTES = 65_536
_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_SIGKILL = 9


class RuntimeClient:
    """Frames on a socket, in place of awslambdaric's native module ``runtime_client``.

    An invocation is one write and one read. Over HTTP it is two requests, and takes three times as
    long: 590 microseconds against 200, on a busy machine of two cores with an empty handler.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._initialised = False

    def initialize_client(self, user_agent: str) -> None:
        """Do nothing: the socket is connected."""

    def next(self) -> tuple[bytes, Mapping[str, object]]:
        """Wait for an invocation; return the event and the headers of the Runtime API."""
        if not self._initialised:
            self._initialised = True
            self.send(READY, b"")
        frame = self._read(INVOCATION.size)
        request_id, deadline_ms, arn, trace, context, event = INVOCATION.unpack_from(frame)
        size = INVOCATION.size + arn + trace + context + event
        if len(frame) < size:
            frame += self._read(size - len(frame))
        trace_at = INVOCATION.size + arn
        context_at = trace_at + trace
        event_at = context_at + context
        return frame[event_at:], {
            "Content-Type": "application/json",
            "Lambda-Runtime-Client-Context": frame[context_at:event_at].decode() or None,
            "Lambda-Runtime-Aws-Request-Id": request_id.decode(),
            "Lambda-Runtime-Deadline-Ms": deadline_ms,
            "Lambda-Runtime-Invoked-Function-Arn": frame[INVOCATION.size : trace_at].decode(),
            "Lambda-Runtime-Trace-Id": frame[trace_at:context_at].decode(),
        }

    def post_invocation_result(self, _request_id: str, result: bytes, *_: object) -> None:
        if len(result) > RESPONSE_BYTES:
            self.send(TOO_LARGE, b"")
        else:
            self.send(RESPONSE, result)

    def post_error(self, _request_id: str, error: str, *_: object) -> None:
        self.send(ERROR, error.encode())

    def send(self, kind: bytes, text: bytes) -> None:
        frame = RESULT.pack(kind, len(text)) + text
        written = os.write(self._descriptor, frame)
        while written < len(frame):
            written += os.write(self._descriptor, frame[written : written + _CHUNK_BYTES])

    def _read(self, at_least: int) -> bytes:
        chunks = []
        while at_least > 0:
            chunk = os.read(self._descriptor, _CHUNK_BYTES)
            if not chunk:
                sys.exit(0)  # the data plane closed the socket
            chunks.append(chunk)
            at_least -= len(chunk)
        return b"".join(chunks)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends (Linux only).

    On other systems it ends with its next read or write on the socket.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:  # the parent ended before the call
        os._exit(1)


def complete_builtins() -> None:
    """Add ``exit`` and ``quit``, which ``site`` adds on Lambda."""
    import builtins
    from _sitebuiltins import Quitter

    vars(builtins).update(exit=Quitter("exit", "Ctrl-D"), quit=Quitter("quit", "Ctrl-D"))


def main() -> None:
    """Run the function: ``bootstrap.py PARENT_PID SOCKET_DESCRIPTOR SITE_PACKAGES...``."""
    parent, descriptor, packages = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    die_with(parent)
    os.set_inheritable(descriptor, False)
    complete_builtins()
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"]]
    sys.path += packages
    handler = os.environ["_HANDLER"]
    sys.argv = ["awslambdaric", handler]
    runtime_client = RuntimeClient(descriptor)
    sys.modules["runtime_client"] = runtime_client  # type: ignore[assignment]

    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    class Client(LambdaRuntimeClient):  # type: ignore[misc]
        def post_init_error(self, error: object, *_: object) -> None:
            runtime_client.send(INIT_ERROR, bootstrap.to_json(error).encode())

    # False: no thread for polling. Signals reach the main thread while it reads the socket.
    bootstrap.run(handler, Client(os.environ["AWS_LAMBDA_RUNTIME_API"], False))


if __name__ == "__main__":
    main()
