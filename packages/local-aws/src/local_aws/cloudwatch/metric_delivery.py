"""Delivery of metrics to CloudWatch, every minute."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_aws.cloudwatch.metric_values import DATA_PER_REQUEST, MetricValues
from local_aws.cloudwatch.periodic_delivery import PeriodicDelivery

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0

HELD_PERIODS = 60
"""Limit while metrics cannot be delivered; then the oldest period is lost."""


CloudWatch = Callable[[], "CloudWatchClient"]


class MetricDelivery(PeriodicDelivery):
    """Takes the metrics of each period when it ends, and sends them to CloudWatch."""

    def __init__(
        self,
        cloudwatch: CloudWatch,
        take: Callable[[float], MetricValues],
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        """``take`` gets the seconds since its last call."""
        super().__init__(interval_seconds)
        self._cloudwatch = cloudwatch
        self._take = take
        self._held: deque[tuple[datetime, MetricValues]] = deque(maxlen=HELD_PERIODS)
        self._began = time.time()
        self._failing = False

    async def deliver(self, _now: float, /) -> None:
        """Deliver the metrics since the last call."""
        began, self._began = self._began, time.time()
        values = self._take(max(self._began - began, 1e-3))
        if values.counts:
            self._held.append((datetime.fromtimestamp(began, UTC), values))
        while self._held:
            at, values = self._held[0]
            try:
                await asyncio.to_thread(self._put, at, values)
            except Exception as error:
                if not self._failing:
                    _log.warning("cannot write metrics, will try again: %s", error)
                self._failing = True
                return
            self._failing = False
            if self._held and self._held[0][1] is values:
                self._held.popleft()

    def _put(self, at: datetime, values: MetricValues) -> None:
        client = self._cloudwatch()
        for namespace in sorted({of.namespace for of in values.counts}):
            data: list[Any] = [{**each, "Timestamp": at} for each in values.data(namespace)]
            for first in range(0, len(data), DATA_PER_REQUEST):
                part = data[first : first + DATA_PER_REQUEST]
                client.put_metric_data(Namespace=namespace, MetricData=part)
