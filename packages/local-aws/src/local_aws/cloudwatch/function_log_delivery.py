"""Function logs: collected in memory, sent in batches, never in a request's way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

_log = logging.getLogger(__name__)

BATCH_EVENTS = 1_000
BATCH_BYTES = 1_000_000
"""Of one PutLogEvents, which takes 1 MB with 26 bytes an event; more events, but in short turns."""

HELD_EVENTS = 10_000
HELD_BYTES = 8 << 20
"""What is kept at most; while there is as much, new events are dropped, and counted."""

BURST_EVENTS = 5_000
EVENTS_PER_SECOND = 200
"""What is delivered: so many at once, and so many a second for ever. A store in this machine would
otherwise grow, and take the processor, at the pace of a load test."""

PATIENCE = 4
"""Intervals between two deliveries while as much is held as can be."""

CROWDED_EVENTS = 800
"""What one of these has at most, however many are allowed by then: they are made in the time of
requests."""

_TELL_SECONDS = 30.0
"""One line so often says how many were dropped."""

MESSAGE_BYTES = 262_000
"""Bytes of one event. Source: PutLogEvents, maximum event size 256 KB with its overhead."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    group: str
    stream: str
    timestamp_ms: int
    message: str


class LogStore(Protocol):
    """Where events end up; called from a thread, raises when they did not arrive."""

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None: ...


class LogBatcher:
    """Takes events at once and hands them to a store every ``interval_seconds``."""

    def __init__(self, store: LogStore, interval_seconds: float = 1.0) -> None:
        self._store = store
        self._interval = interval_seconds
        self._events: deque[LogEvent] = deque()
        self._bytes = 0
        self._dropped = 0
        self._tell_at = 0.0
        self._allowance = float(BURST_EVENTS)
        self._allowed_at = time.monotonic()
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    @property
    def full(self) -> bool:
        """True while what is written is dropped; what costs to make may as well not be made."""
        return len(self._events) >= HELD_EVENTS or self._bytes >= HELD_BYTES

    def drop(self, events: int) -> None:
        """Count events that nobody has written, because it was full."""
        self._dropped += events

    def write(self, group: str, stream: str, message: str) -> None:
        """One event, now. A message keeps its final newline, as on AWS."""
        if self.full:
            self._dropped += 1
            return
        event = LogEvent(group, stream, time.time_ns() // 1_000_000, message[:MESSAGE_BYTES])
        self._events.append(event)
        self._bytes += len(event.message)

    async def flush(self) -> bool:
        """Send what is held, as far as the pace allows; False when the store did not take it."""
        now = time.monotonic()
        earned = (now - self._allowed_at) * EVENTS_PER_SECOND
        self._allowance = min(BURST_EVENTS, self._allowance + earned)
        self._allowed_at = now
        limit = int(self._allowance)
        sent = await self._send(min(limit, CROWDED_EVENTS) if self.full else limit)
        if self._dropped and now >= self._tell_at:
            self._tell_dropped()
            self._tell_at = now + _TELL_SECONDS
        return sent

    def _tell_dropped(self) -> None:
        _log.warning("dropped %d log events: more than can be delivered", self._dropped)
        self._dropped = 0

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

    async def close(self, timeout_seconds: float = 3.0) -> None:
        """Stop, with one last attempt to deliver what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._send(len(self._events))
        if self._dropped:
            self._tell_dropped()

    async def _put(self, group: str, stream: str, events: Sequence[LogEvent]) -> bool:
        try:
            await asyncio.to_thread(self._store.put, group, stream, events)
        except Exception as error:
            if not self._failing:
                _log.warning("cannot write function logs, holding them: %s", error)
            self._failing = True
            return False
        self._failing = False
        return True

    async def _run(self) -> None:
        waited = 0
        while True:
            await asyncio.sleep(self._interval)
            waited += 1
            # While more comes than can be delivered nobody reads along, and requests wait for
            # every delivery: then there are few.
            if self._events and (not self.full or waited >= PATIENCE):
                waited = 0
                # Shielded: a cancelled flush would lose the batch it holds.
                await asyncio.shield(self.flush())


def _batches(events: Sequence[LogEvent]) -> Iterator[list[LogEvent]]:
    batch: list[LogEvent] = []
    size = 0
    for event in events:
        bytes_more = len(event.message.encode()) + 26
        if batch and (len(batch) == BATCH_EVENTS or size + bytes_more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += bytes_more
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class LogStream:
    """The stream of one worker."""

    logs: LogBatcher
    group: str
    stream: str

    @property
    def full(self) -> bool:
        return self.logs.full

    def drop(self, events: int) -> None:
        self.logs.drop(events)

    def write(self, message: str) -> None:
        self.logs.write(self.group, self.stream, message)
