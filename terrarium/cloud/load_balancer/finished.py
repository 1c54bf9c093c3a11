"""What is known of an exchange when its answer is on its way: for logs and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terrarium.cloud.load_balancer.answer import Answer
from terrarium.cloud.load_balancer.decision import Decision
from terrarium.cloud.load_balancer.desync import Reason
from terrarium.cloud.load_balancer.model import Listener
from terrarium.cloud.load_balancer.request import Request


@dataclass(frozen=True, slots=True)
class Finished:
    """``request`` is None for what could not be read, ``decision`` for what met no rule.

    ``received_at`` is seconds since the epoch, when the request had come whole;
    ``answer_seconds`` is from then until the answer was there, nearly all of it the function's.
    """

    listener: Listener
    request: Request | None
    finding: Reason | None
    decision: Decision | None
    answer: Answer
    received_at: float
    answer_seconds: float
    received_bytes: int
    sent_bytes: int


Observer = Callable[[Finished], None]
"""Called in the event loop, after the answer was written; it must be quick and must not raise."""
