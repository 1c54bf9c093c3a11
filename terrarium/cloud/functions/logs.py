"""Function logs: collected in memory, sent in batches, never in a request's way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

_log = logging.getLogger(__name__)

BATCH_EVENTS = 1_000
HELD_EVENTS = 20_000
"""Events kept while CloudWatch Logs cannot be reached; beyond it the oldest are given up."""

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

    def __init__(self, store: LogStore, interval_seconds: float = 0.5) -> None:
        self._store = store
        self._interval = interval_seconds
        self._events: deque[LogEvent] = deque()
        self._given_up = 0
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def write(self, group: str, stream: str, message: str) -> None:
        """One event, now. A message keeps its final newline, as on AWS."""
        self._events.append(
            LogEvent(group, stream, time.time_ns() // 1_000_000, message[:MESSAGE_BYTES])
        )
        if len(self._events) > HELD_EVENTS:
            self._events.popleft()
            self._given_up += 1

    async def flush(self) -> bool:
        """Send everything collected so far; False when the store did not take it all."""
        if self._given_up:
            _log.warning("gave up %d log events that could not be delivered", self._given_up)
            self._given_up = 0
        streams: dict[tuple[str, str], list[LogEvent]] = defaultdict(list)
        taken, self._events = self._events, deque()
        for event in taken:
            streams[event.group, event.stream].append(event)
        unsent: list[LogEvent] = []
        for (group, stream), events in streams.items():
            for first in range(0, len(events), BATCH_EVENTS):
                batch = events[first : first + BATCH_EVENTS]
                if unsent or not await self._put(group, stream, batch):
                    unsent.extend(batch)
        self._events.extendleft(reversed(unsent))
        return not unsent

    async def close(self, timeout_seconds: float = 3.0) -> None:
        """Stop, with one last attempt to deliver what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self.flush()

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
        while True:
            await asyncio.sleep(self._interval)
            if self._events:
                # Shielded: a cancelled flush would lose the batch it holds.
                await asyncio.shield(self.flush())


@dataclass(frozen=True, slots=True)
class LogStream:
    """The stream of one worker."""

    logs: LogBatcher
    group: str
    stream: str

    def write(self, message: str) -> None:
        self.logs.write(self.group, self.stream, message)
