"""Delivery at the end of each interval, in the background."""

from __future__ import annotations

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod

_CLOSE_SECONDS = 5.0


class PeriodicDelivery(ABC):
    """Calls ``deliver`` at the end of each interval of the clock, and a last time in ``close``."""

    def __init__(self, interval_seconds: float) -> None:
        self._interval = interval_seconds
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def deliver(self, now: float, /) -> None:
        """Deliver what was collected; ``now``, seconds since the epoch, is in the interval."""

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, with a last attempt to deliver the rest."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.deliver(time.time())

    async def _run(self) -> None:
        while True:
            now = time.time()
            await asyncio.sleep(self._interval - now % self._interval)
            # Shielded: a cancelled delivery would lose what it holds.
            await asyncio.shield(self.deliver(now))
