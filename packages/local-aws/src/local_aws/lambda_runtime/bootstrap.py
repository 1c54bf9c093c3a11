"""Runs in the worker process: AWS's runtime client, with frames on a socket in place of HTTP.

Started by path and without ``site``, so that a function cannot import the tooling by accident.
What is imported here is paid for at every cold start: keep it to what the client loads anyway.
"""

from __future__ import annotations

import os
import sys
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INVOCATION = Struct("!36sQHHHI")
"""To the worker: request id, deadline in milliseconds since the epoch, lengths of the function's
ARN, of the trace header, of the client's context and of the event; then these four."""

RESULT = Struct("!cI")
"""From the worker: one of the kinds below, the length of a text; then the text."""

READY, RESPONSE, ERROR, INIT_ERROR, TOO_LARGE = b"N", b"R", b"E", b"I", b"L"

ANSWER_BYTES = 6_291_556
"""Bytes of a response. Source: Lambda quotas, "Invocation payload", as the service reports it."""

_PIECE_BYTES = 65_536
_TRACE_NAME = b"_X_AMZN_TRACE_ID"
_TRACE_BYTES = 1_024
_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_SIGKILL = 9


class Transport:
    """Stands in for the client's native module ``runtime_client``.

    An answer is also the request for more: each turn is one write and one read.
    """

    def __init__(self, descriptor: int, parent: int) -> None:
        self._descriptor = descriptor
        self._parent = parent
        self._answered = 0

    def initialize_client(self, user_agent: str) -> None:
        """Nothing to do: the socket is connected."""

    def next(self) -> tuple[bytes, Mapping[str, object]]:
        """Wait for an invocation: its event, and what the Runtime API has in headers."""
        if self._answered == 0:
            self.send(READY, b"")
        elif self._answered == 1:
            # Only now: to load ctypes costs as much as a fifth of a cold start.
            die_with(self._parent)
            TraceVariable().install()
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
        self._answered += 1
        if len(result) > ANSWER_BYTES:
            self.send(TOO_LARGE, b"")
        else:
            self.send(RESPONSE, result)

    def post_error(self, _request_id: str, error: str, *_: object) -> None:
        self._answered += 1
        self.send(ERROR, error.encode())

    def send(self, kind: bytes, text: bytes) -> None:
        frame = RESULT.pack(kind, len(text)) + text
        written = os.write(self._descriptor, frame)
        while written < len(frame):
            written += os.write(self._descriptor, frame[written : written + _PIECE_BYTES])

    def _read(self, at_least: int) -> bytes:
        piece = os.read(self._descriptor, _PIECE_BYTES)
        pieces = [piece]
        while piece and (at_least := at_least - len(piece)) > 0:
            piece = os.read(self._descriptor, _PIECE_BYTES)
            pieces.append(piece)
        if not piece:
            sys.exit(0)  # whom to work for is gone
        return b"".join(pieces)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however it ends (Linux only).

    Elsewhere, and until then, it ends when it next reads or writes.
    """
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


class TraceVariable:
    """The environment variable that the client sets for each invocation, always in one place.

    The C library never frees what ``setenv`` was given, in case somebody still has a pointer to it:
    a hundred bytes for each request.
    """

    def __init__(self) -> None:
        import ctypes

        self._library = ctypes.CDLL(None)
        self._memory = ctypes.create_string_buffer(_TRACE_BYTES)
        self._putenv = os.putenv

    def install(self) -> None:
        os.putenv = self.put  # type: ignore[assignment] # where ``os.environ`` looks for it

    def put(self, name: bytes, value: bytes) -> None:
        if name != _TRACE_NAME or len(name) + len(value) > _TRACE_BYTES - 2:
            self._putenv(name, value)
        else:
            self._memory.value = b"%s=%s" % (name, value)
            self._library.putenv(self._memory)


def complete_builtins() -> None:
    """What ``site`` adds and a handler may use."""
    import builtins
    from _sitebuiltins import Quitter

    vars(builtins).update(exit=Quitter("exit", "Ctrl-D"), quit=Quitter("quit", "Ctrl-D"))


def main() -> None:
    parent, descriptor, packages = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    os.set_inheritable(descriptor, False)
    complete_builtins()
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"]]
    sys.path += packages
    handler = os.environ["_HANDLER"]
    sys.argv = ["awslambdaric", handler]
    transport = Transport(descriptor, parent)
    sys.modules["runtime_client"] = transport  # type: ignore[assignment]

    from awslambdaric import bootstrap
    from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

    class Client(LambdaRuntimeClient):  # type: ignore[misc]
        def post_init_error(self, error: object, *_: object) -> None:
            transport.send(INIT_ERROR, bootstrap.to_json(error).encode())

    # Signals reach the main thread while it reads, so the client's thread for that is not needed.
    bootstrap.run(handler, Client(os.environ["AWS_LAMBDA_RUNTIME_API"], False))


if __name__ == "__main__":
    main()
