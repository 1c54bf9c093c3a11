"""The metrics of every minute, to CloudWatch; what cannot be delivered waits, for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from local_aws.cloudwatch.metric_values import DATA_PER_REQUEST, Minute, data

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0

HELD_MINUTES = 60
"""What is kept at most while it cannot be delivered; then the oldest is lost."""


class MetricStore(Protocol):
    """Where metrics end up; called from a thread, raises when they did not arrive."""

    def put(self, at: datetime, minute: Minute) -> None: ...


class CloudWatchMetrics:
    """A MetricStore."""

    def __init__(self, client: Callable[[], CloudWatchClient]) -> None:
        self._client = client

    def put(self, at: datetime, minute: Minute) -> None:
        client = self._client()
        for namespace in sorted({of.namespace for of in minute.counts}):
            found = data(namespace, minute.counts)
            every: list[Any] = [{**each, "Timestamp": at} for each in found]
            for first in range(0, len(every), DATA_PER_REQUEST):
                some = every[first : first + DATA_PER_REQUEST]
                client.put_metric_data(Namespace=namespace, MetricData=some)


class MetricDelivery:
    """Asks for the metrics of an interval when it ends, and at the end."""

    def __init__(
        self,
        store: MetricStore,
        take: Callable[[float], Minute],
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        """``take`` gets the seconds since it was called last."""
        self._store = store
        self._take = take
        self._interval = interval_seconds
        self._held: deque[tuple[datetime, Minute]] = deque(maxlen=HELD_MINUTES)
        self._began = time.time()
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._began = time.time()
        self._task = asyncio.create_task(self._run())

    async def deliver(self) -> None:
        """What has come since the last time, and what is still held."""
        began, self._began = self._began, time.time()
        minute = self._take(max(self._began - began, 1e-3))
        if minute.counts:
            self._held.append((datetime.fromtimestamp(began, UTC), minute))
        while self._held:
            at, minute = self._held[0]
            try:
                await asyncio.to_thread(self._store.put, at, minute)
            except Exception as error:
                if not self._failing:
                    _log.warning("cannot write metrics, holding them: %s", error)
                self._failing = True
                return
            self._failing = False
            if self._held and self._held[0][1] is minute:
                self._held.popleft()

    async def close(self, timeout_seconds: float = 3.0) -> None:
        """Stop, with one last attempt to deliver what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self.deliver()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval - time.time() % self._interval)
            await asyncio.shield(self.deliver())
