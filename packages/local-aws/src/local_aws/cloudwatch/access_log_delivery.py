"""Delivery of access logs and connection logs: collected in memory, written to S3 as files.

Source: Application Load Balancers guide, "Access logs" and "Connection logs", log files: one every
five minutes, more of them under high load; "Enable access logs", bucket policy.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from local_aws.cloudwatch.log_entries import LoadBalancerId
from local_aws.cloudwatch.periodic_delivery import PeriodicDelivery
from local_aws.load_balancer.configuration import LogDestination

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 300.0

FILE_BYTES = 2 << 20
"""Size of the text at which a file is delivered before the interval ends."""

HELD_BYTES = 4 << 20
"""Limit of one log while it cannot be delivered; new lines are dropped and counted then."""

_MINUTE_SECONDS = 60.0
_NODE = "127.0.0.1"


S3 = Callable[[], "S3Client"]
"""Returns a client that acts for the service which writes the logs on AWS."""


class LogType(Enum):
    """The value is the prefix of a file's name."""

    ACCESS = ""
    CONNECTION = "conn_log."


@dataclass(frozen=True, slots=True)
class LogName:
    """One log of one load balancer and its destination."""

    load_balancer: LoadBalancerId
    type: LogType
    place: LogDestination

    def __str__(self) -> str:
        return f"the {self.type.name.lower()} log of {self.load_balancer.resource_id}"

    def key(self, end: datetime, delivered: datetime, unique: str) -> str:
        """Return the key of the file for the interval that ends at ``end``; times are in UTC."""
        lb = self.load_balancer
        prefix = f"{self.place.prefix}/" if self.place.prefix else ""
        return (
            f"{prefix}AWSLogs/{lb.account}/elasticloadbalancing/{lb.region}/{delivered:%Y/%m/%d}/"
            f"{self.type.value}{lb.account}_elasticloadbalancing_{lb.region}_"
            f"{lb.resource_id.replace('/', '.')}_{end:%Y%m%dT%H%MZ}_{_NODE}_{unique}.log.gz"
        )


class LogBuffer:
    """Lines of one log. ``on_large`` is called when there are enough for a file."""

    def __init__(self, on_large: Callable[[], None]) -> None:
        self.lines: list[str] = []
        self.size = 0
        self.dropped = 0
        self.error: str | None = None
        """Error of the last delivery."""
        self._on_large = on_large

    def write(self, line: str) -> None:
        """Add one line, given without its newline."""
        if self.size >= HELD_BYTES:
            self.dropped += 1
            return
        self.lines.append(line)
        self.size += len(line) + 1
        if self.size >= FILE_BYTES and self.error is None:
            self._on_large()


class AccessLogDelivery(PeriodicDelivery):
    """Collects lines and writes a file per log when an interval ends."""

    def __init__(self, s3: S3, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__(interval_seconds)
        self._s3 = s3
        self.load_balancers: frozenset[LoadBalancerId] = frozenset()
        """Existing load balancers. The log of another one gets one attempt of delivery."""
        self._buffers: dict[LogName, LogBuffer] = {}
        self._early: set[asyncio.Task[None]] = set()
        self._delivering = asyncio.Lock()

    def write(self, name: LogName, line: str) -> None:
        """Add one line, given without its newline."""
        if name not in self._buffers:
            self._buffers[name] = LogBuffer(self._deliver_early)
        self._buffers[name].write(line)

    async def deliver(self, now: float, /) -> None:
        """Deliver every log, in files of the interval that ``now`` is in."""
        async with self._delivering:
            for name, buffer in list(self._buffers.items()):
                was_empty = not buffer.lines
                if not was_empty:
                    await self._deliver(name, buffer, now)
                # Requests to a deleted load balancer can still end and be logged.
                exists = name.load_balancer in self.load_balancers
                if not exists and (was_empty or buffer.error is not None):
                    del self._buffers[name]

    def deliver_soon(self) -> None:
        """Deliver now, in the background."""
        task = asyncio.create_task(self.deliver(time.time()))
        self._early.add(task)
        task.add_done_callback(self._early.discard)

    def _deliver_early(self) -> None:
        if not self._early:
            self.deliver_soon()

    async def _deliver(self, name: LogName, buffer: LogBuffer, now: float) -> None:
        lines, size = buffer.lines, buffer.size
        buffer.lines, buffer.size = [], 0
        key = name.key(self._interval_end(now), datetime.now(UTC), secrets.token_hex(4))
        try:
            await asyncio.to_thread(self._put, name.place.bucket, key, lines)
        except Exception as error:
            buffer.lines, buffer.size = lines + buffer.lines, size + buffer.size
            if buffer.error != str(error):
                place = f"s3://{name.place.bucket}/{name.place.prefix}"
                _log.warning("%s cannot be written to %s: %s", name, place, error)
            buffer.error = str(error)
            return
        if buffer.error is not None:
            _log.info("%s is delivered again", name)
        if buffer.dropped:
            _log.warning("dropped %d lines of %s", buffer.dropped, name)
        buffer.error, buffer.dropped = None, 0

    def _put(self, bucket: str, key: str, lines: list[str]) -> None:
        content = "\n".join([*lines, ""]).encode()
        self._s3().put_object(Bucket=bucket, Key=key, Body=gzip.compress(content, compresslevel=6))

    def _interval_end(self, now: float) -> datetime:
        step = max(self._interval, _MINUTE_SECONDS)
        return datetime.fromtimestamp((now // step + 1) * step, UTC)
