"""Delivery of function logs to CloudWatch Logs: collected in memory, sent in batches."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from local_aws.cloudwatch.periodic_delivery import PeriodicDelivery

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_log = logging.getLogger(__name__)

BATCH_EVENTS = 1_000
"""Limit of one delivery, so that it takes little time from requests."""

BATCH_BYTES = 1_000_000
"""Limit of one PutLogEvents, which takes 1 MB with an overhead of 26 bytes per event."""

HELD_EVENTS = 10_000
HELD_BYTES = 8 << 20
"""Limits of the buffer. While it is full, new events are dropped and counted."""

BURST_EVENTS = 5_000
EVENTS_PER_SECOND = 200
"""Rate limit: a burst, then a constant rate. Without it, a load test would fill the memory of the
control plane and use its processor."""

MESSAGE_BYTES = 262_000
"""Limit of one event. Source: PutLogEvents, maximum event size 256 KB with its overhead."""

_DROPPED_INTERVAL_SECONDS = 30.0
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class LogEvent(NamedTuple):
    group: str
    stream: str
    timestamp_ms: int
    message: str


class FunctionLogDelivery(PeriodicDelivery):
    """Buffers events and sends them every second; creates log groups and streams as Lambda does.

    A missing log group is created with the role of the function that writes to it, if the role
    allows it. Otherwise events are lost and one warning says so.
    """

    def __init__(
        self,
        client: Callable[[], CloudWatchLogsClient],
        client_of: Callable[[str, str], CloudWatchLogsClient],
        interval_seconds: float = 1.0,
    ) -> None:
        """``client_of`` returns a client with a function's role; it gets role and function name."""
        super().__init__(interval_seconds)
        self._client = client
        self._client_of = client_of
        self._writers: dict[str, tuple[str, str]] = {}
        self._missing: set[str] = set()
        self._events: deque[LogEvent] = deque()
        self._bytes = 0
        self._dropped = 0
        self._dropped_report_at = 0.0
        self._allowance = float(BURST_EVENTS)
        self._allowed_at = time.monotonic()
        self._failing = False
        self._closing = False

    def register_writer(self, group: str, role: str, function: str) -> None:
        """Create the log group with this role if it is missing."""
        self._writers[group] = role, function

    @property
    def full(self) -> bool:
        """True while new events are dropped.

        The caller then need not make them: of the 55 microseconds that the load balancer spends
        on an invocation, their text takes 20 (measured with one worker, in this process's time).
        """
        return len(self._events) >= HELD_EVENTS or self._bytes >= HELD_BYTES

    def drop(self, events: int) -> None:
        """Count events that the caller did not make because the buffer is full."""
        self._dropped += events

    def write(self, group: str, stream: str, message: str) -> None:
        """Add one event with the current time. As on AWS, a message keeps its newline."""
        if self.full:
            self._dropped += 1
            return
        event = LogEvent(group, stream, time.time_ns() // 1_000_000, message[:MESSAGE_BYTES])
        self._events.append(event)
        self._bytes += len(event.message)

    async def deliver(self, _now: float, /) -> None:
        """Send events within the rate limit, or all of them in ``close``."""
        moment = time.monotonic()
        earned = (moment - self._allowed_at) * EVENTS_PER_SECOND
        self._allowance = min(BURST_EVENTS, self._allowance + earned)
        self._allowed_at = moment
        limit = min(int(self._allowance), BATCH_EVENTS)
        await self._send(len(self._events) if self._closing else limit)
        if moment >= self._dropped_report_at:
            self._report_dropped()
            self._dropped_report_at = moment + _DROPPED_INTERVAL_SECONDS

    async def close(self) -> None:
        self._closing = True
        await super().close()
        self._report_dropped()

    def _report_dropped(self) -> None:
        if self._dropped:
            _log.warning("dropped %d log events: more than can be delivered", self._dropped)
        self._dropped = 0

    async def _send(self, limit: int) -> None:
        streams: dict[tuple[str, str], list[LogEvent]] = defaultdict(list)
        for _ in range(min(limit, len(self._events))):
            event = self._events.popleft()
            self._bytes -= len(event.message)
            streams[event.group, event.stream].append(event)
        unsent: list[LogEvent] = []
        for (group, stream), events in streams.items():
            for batch in _batches(events):
                if unsent or not await self._sent(group, stream, batch):
                    unsent.extend(batch)
                else:
                    self._allowance -= len(batch)
        self._events.extendleft(reversed(unsent))
        self._bytes += sum(len(event.message) for event in unsent)

    async def _sent(self, group: str, stream: str, events: Sequence[LogEvent]) -> bool:
        """Send one batch; return False if it must be sent again."""
        try:
            await asyncio.to_thread(self._put, group, stream, events)
        except Exception as error:
            if not self._failing:
                _log.warning("cannot write function logs, will try again: %s", error)
            self._failing = True
            return False
        self._failing = False
        return True

    def _put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        logs = self._client()

        def put() -> None:
            logs.put_log_events(
                logGroupName=group,
                logStreamName=stream,
                logEvents=[{"timestamp": e.timestamp_ms, "message": e.message} for e in events],
            )

        try:
            put()
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            if not self._create_stream(logs, group, stream):
                return
            put()
        self._missing.discard(group)

    def _create_stream(self, logs: CloudWatchLogsClient, group: str, stream: str) -> bool:
        """Create the stream, and the group if necessary; False if there can be no group."""
        try:
            with _unless_exists():
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            if not self._create_group(logs, group):
                return False
            with _unless_exists():
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
        return True

    def _create_group(self, logs: CloudWatchLogsClient, group: str) -> bool:
        writer = self._writers.get(group)
        client = logs if writer is None else self._client_of(*writer)
        try:
            with _unless_exists():
                client.create_log_group(logGroupName=group)
        except ClientError as error:
            if _code(error) not in _DENIED:
                raise
            if group not in self._missing:
                _log.warning("function logs are lost: no log group %s, and %s", group, error)
            self._missing.add(group)
            return False
        return True


def _batches(events: Sequence[LogEvent]) -> Iterator[list[LogEvent]]:
    batch: list[LogEvent] = []
    size = 0
    for event in events:
        added = len(event.message.encode()) + 26
        if batch and (len(batch) == BATCH_EVENTS or size + added > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += added
    if batch:
        yield batch


@contextmanager
def _unless_exists() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) != "ResourceAlreadyExistsException":
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
