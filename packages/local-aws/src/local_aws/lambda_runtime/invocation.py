"""An invocation of a function, its outcome and the end of its log."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

TAIL_BYTES = 4_096
"""Bytes of the log in an answer. Source: Lambda API reference, Invoke, ``LogResult``."""


class LogTail:
    """Last TAIL_BYTES of the log of an invocation, for a caller that asks for them."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, message: str) -> None:
        self.extend(message[-TAIL_BYTES:].encode(errors="replace"))

    def extend(self, content: bytes) -> None:
        self.content = (self.content + content)[-TAIL_BYTES:]

    def encoded(self) -> str:
        """Return it in base64, as ``LogResult`` has it."""
        return base64.b64encode(self.content).decode()


class Reason(StrEnum):
    """Error reasons, spelled as in the load balancer's access log.

    Source: Application Load Balancers guide, "Access logs", error reason codes.
    """

    ACCESS_DENIED = "LambdaAccessDenied"
    BAD_REQUEST = "LambdaBadRequest"
    INVALID_RESPONSE = "LambdaInvalidResponse"
    INVALID_RUNTIME = "LambdaInvalidRuntimeException"
    INVALID_ZIP = "LambdaInvalidZipFileException"
    NOT_FOUND = "LambdaResourceNotFound"
    RESPONSE_TOO_LARGE = "LambdaResponseTooLarge"
    SERVICE = "LambdaServiceException"
    THROTTLING = "LambdaThrottling"
    UNHANDLED = "LambdaUnhandled"
    WEBSOCKET = "LambdaWebsocketNotSupported"


FUNCTION_ERRORS = frozenset({Reason.UNHANDLED, Reason.RESPONSE_TOO_LARGE})
"""Errors of a function that ran. With any other reason, the invocation did not reach it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The handler returned. ``payload`` holds the bytes that the runtime client sent."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The handler did not return.

    ``detail`` is for our log; clients of a load balancer never see it. ``payload`` is the error
    document for callers of Invoke, empty if the function did not run.
    """

    reason: Reason
    detail: str
    payload: bytes = field(default=b"", compare=False, repr=False)


Outcome = Answered | Failed


def error_document(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def ended_by_lambda(error_type: str, request_id: str, text: str) -> Failed:
    """Return the outcome of an invocation that Lambda ended, or whose runtime exited."""
    document = error_document(error_type, f"RequestId: {request_id} Error: {text}")
    return Failed(Reason.UNHANDLED, text, document)


class InitError(Exception):
    """The init phase failed, so the worker takes no invocation.

    ``payload`` is the error document for callers of Invoke, ``error_type`` the one of the
    platform log (None for a timeout), ``tail`` the log of the init phase.
    """

    def __init__(self, text: str, payload: bytes = b"", error_type: str | None = None) -> None:
        super().__init__(text)
        self.payload = payload
        self.error_type = error_type
        self.tail = LogTail()

    @classmethod
    def reported(cls, text: str, payload: bytes) -> InitError:
        """Make it from the report of the runtime client, which cannot load the handler."""
        try:
            error_type = str(json.loads(payload)["errorType"])
        except (ValueError, KeyError, TypeError):
            error_type = None
        return cls(text, payload, error_type)

    @classmethod
    def exited(cls, how: str, error_type: str) -> InitError:
        """Make it for a process that exited; ``how`` is in Lambda's words."""
        payload = error_document("Runtime.ExitError", f"Error: Runtime exited {how}")
        return cls(f"the runtime exited during init {how}", payload, error_type)

    @classmethod
    def timed_out(cls, seconds: float) -> InitError:
        message = f"Error: Task timed out after {seconds:.2f} seconds"
        payload = error_document("Sandbox.Timedout", message)
        return cls(f"the init phase took over {seconds:.0f} seconds", payload)


class CompletedInvocation(NamedTuple):
    """An invocation that ended, for metrics.

    ``has_weights`` is True if the alias could have led to another ``version``. ``duration_ms`` is
    0 if no worker got it. ``concurrency`` counts the function's invocations when this one began,
    itself included.
    """

    arn: str
    version: str
    has_weights: bool
    outcome: Outcome
    duration_ms: float
    concurrency: int


InvocationObserver = Callable[[CompletedInvocation], None]
"""Called in the event loop; it must be quick and must not raise."""


@dataclass(slots=True, eq=False)
class Invocation:
    """One invocation, on its way through the worker pool.

    ``done`` is called once, in the event loop, and must not raise; then ``observer`` is.
    ``offered_at`` and ``delivered_at`` are seconds of ``time.monotonic``: when the pool got the
    invocation and when a worker did (0 before that). ``deliveries`` counts workers that got it: a
    worker that dies before it reads the invocation has run no code, so another may take it.
    ``tail`` is None unless the caller asked for it; ``client_context`` is JSON or empty. For the
    other fields see CompletedInvocation.
    """

    request_id: str
    arn: str
    payload: bytes
    trace_id: str
    done: Callable[[Outcome], None]
    offered_at: float
    delivered_at: float = 0.0
    deliveries: int = 0
    tail: LogTail | None = None
    client_context: str = ""
    version: str = ""
    has_weights: bool = False
    concurrency: int = 1
    observer: InvocationObserver | None = None

    def finish(self, outcome: Outcome) -> None:
        ended_at = time.monotonic()
        self.done(outcome)
        if self.observer is not None:
            duration_ms = (ended_at - self.delivered_at) * 1000 if self.delivered_at else 0.0
            self.observer(
                CompletedInvocation(
                    self.arn, self.version, self.has_weights, outcome, duration_ms, self.concurrency
                )
            )
