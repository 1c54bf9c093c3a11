"""One call of a function, from the pool to the worker and back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from terrarium.cloud.functions.outcome import Outcome


@dataclass(slots=True, eq=False)
class Invocation:
    """``outcome`` resolves once; ``delivered_at`` is the loop's time when the worker took it.

    An invocation that was never delivered may be given to another worker: no code has run.
    """

    request_id: str
    arn: str
    payload: bytes
    trace_id: str
    timeout_seconds: float
    outcome: asyncio.Future[Outcome] = field(default_factory=asyncio.Future)
    delivered_at: float | None = None


class NotDeliveredError(Exception):
    """The worker ended before it took the invocation."""
