"""One call of a function, from the pool to the worker and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from local_aws.lambda_runtime.outcome import Outcome
from local_aws.lambda_runtime.tail import Tail


@dataclass(slots=True, eq=False)
class Invocation:
    """``done`` is called once, from the event loop; it must not raise.

    Moments are seconds of ``time.monotonic``: ``offered_at`` when the pool was asked,
    ``delivered_at`` when a worker got it. ``deliveries`` counts the workers that got it: one that
    ends before it takes an invocation has run no code, so another may have it. ``version`` is the
    one that was chosen; ``tail`` is there when the caller wants the end of the log;
    ``client_context`` is JSON from a caller who brings any.
    """

    request_id: str
    arn: str
    payload: bytes
    trace_id: str
    done: Callable[[Outcome], None]
    offered_at: float
    delivered_at: float = 0.0
    deliveries: int = 0
    version: str = ""
    tail: Tail | None = None
    client_context: str = ""
