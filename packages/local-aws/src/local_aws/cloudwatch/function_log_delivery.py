"""Delivery of function logs to CloudWatch Logs: collected in memory, sent in batches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

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


@dataclass(frozen=True, slots=True)
class LogEvent:
    group: str
    stream: str
    timestamp_ms: int
    message: str


class LogStore(Protocol):
    """Receives events, in a thread; raises if they did not arrive."""

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None: ...


class FunctionLogDelivery:
    """Buffers events and sends them to a store every ``interval_seconds``."""

    def __init__(self, store: LogStore, interval_seconds: float = 1.0) -> None:
        self._store = store
        self._interval = interval_seconds
        self._events: deque[LogEvent] = deque()
        self._bytes = 0
        self._dropped = 0
        self._dropped_report_at = 0.0
        self._allowance = float(BURST_EVENTS)
        self._allowed_at = time.monotonic()
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

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

    async def flush(self) -> bool:
        """Send events within the rate limit; return False if the store did not take them."""
        now = time.monotonic()
        earned = (now - self._allowed_at) * EVENTS_PER_SECOND
        self._allowance = min(BURST_EVENTS, self._allowance + earned)
        self._allowed_at = now
        sent = await self._send(min(int(self._allowance), BATCH_EVENTS))
        if self._dropped and now >= self._dropped_report_at:
            self._report_dropped()
            self._dropped_report_at = now + _DROPPED_INTERVAL_SECONDS
        return sent

    async def close(self, timeout_seconds: float = 3.0) -> None:
        """Stop, with a last attempt to send the rest."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._send(len(self._events))
        if self._dropped:
            self._report_dropped()

    def _report_dropped(self) -> None:
        _log.warning("dropped %d log events: more than can be delivered", self._dropped)
        self._dropped = 0

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            if self._events:
                # Shielded: a cancelled flush would lose its batch.
                await asyncio.shield(self.flush())

    async def _send(self, limit: int) -> bool:
        streams: dict[tuple[str, str], list[LogEvent]] = defaultdict(list)
        for _ in range(min(limit, len(self._events))):
            event = self._events.popleft()
            self._bytes -= len(event.message)
            streams[event.group, event.stream].append(event)
        unsent: list[LogEvent] = []
        for (group, stream), events in streams.items():
            for batch in _batches(events):
                if unsent or not await self._put(group, stream, batch):
                    unsent.extend(batch)
                else:
                    self._allowance -= len(batch)
        self._events.extendleft(reversed(unsent))
        self._bytes += sum(len(event.message) for event in unsent)
        return not unsent

    async def _put(self, group: str, stream: str, events: Sequence[LogEvent]) -> bool:
        try:
            await asyncio.to_thread(self._store.put, group, stream, events)
        except Exception as error:
            if not self._failing:
                _log.warning("cannot write function logs, will try again: %s", error)
            self._failing = True
            return False
        self._failing = False
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


class CloudWatchLogs:
    """A LogStore that creates missing log groups and streams, as Lambda does.

    A log group is created with the role of the function that writes to it, if the role allows it.
    Without a log group, events are lost and one warning says so.
    """

    def __init__(
        self,
        client: Callable[[], CloudWatchLogsClient],
        client_of: Callable[[str, str], CloudWatchLogsClient],
    ) -> None:
        """``client_of`` returns a client with the role of a function; it gets role and name."""
        self._client = client
        self._client_of = client_of
        self._writers: dict[str, tuple[str, str]] = {}
        self._missing: set[str] = set()

    def register_writer(self, group: str, role: str, function: str) -> None:
        """Create the log group with this role if it is missing."""
        self._writers[group] = role, function

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        logs = self._client()
        try:
            self._put(logs, group, stream, events)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            if not self._create_stream(logs, group, stream):
                return
            self._put(logs, group, stream, events)
        self._missing.discard(group)

    def _put(
        self, logs: CloudWatchLogsClient, group: str, stream: str, events: Sequence[LogEvent]
    ) -> None:
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": e.timestamp_ms, "message": e.message} for e in events],
        )

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


@contextmanager
def _unless_exists() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) != "ResourceAlreadyExistsException":
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
