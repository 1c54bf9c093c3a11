"""Cache in memory: contents are fresh for a while, then revalidated, and served stale a little
longer if the source fails.

The age of a copy counts from the moment before the request in which the source last confirmed the
content. A copy older than ``stale_seconds`` is never served.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from api.content import Content
from api.problem import Problem, StorageUnavailable

PAUSE_SECONDS = 2.0
"""Pause after a failure during which stale copies are served without asking the source."""

_ENTRY_BYTES = 2_000  # headers, tags and the objects around them


class Clock:
    """Counts seconds, also while Lambda freezes the execution environment.

    Either the monotonic or the wall clock may stop then, and the wall clock may be set back. The
    one that advanced more since the last reading counts, so no copy looks younger than it is.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._clocks = (monotonic, wall)
        self._last = (monotonic(), wall())
        self._elapsed = 0.0

    def __call__(self) -> float:
        monotonic, wall = self._clocks[0](), self._clocks[1]()
        self._elapsed += max(monotonic - self._last[0], wall - self._last[1], 0.0)
        self._last = (monotonic, wall)
        return self._elapsed


class Found(NamedTuple):
    """A content and how it was found. ``age`` is None if the source has just confirmed it."""

    content: Content
    cache: Literal["hit", "revalidated", "miss", "stale"]
    age: float | None


Fetch = Callable[[Content | None, bool], Content]
"""Returns the content, or the given one if that has not changed. Raises Problem.

The second argument is True if a stale copy can be served instead, so that a long wait is not worth
it.
"""


@dataclass(slots=True)
class _Entry:
    content: Content
    asked_at: float


class Cache:
    """Least-recently-used cache of at most ``max_bytes``."""

    def __init__(
        self,
        *,
        fresh_seconds: float,
        stale_seconds: float,
        max_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self.fresh_seconds = fresh_seconds
        self._stale_seconds = stale_seconds
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._paused_until = 0.0
        self.size = 0

    def get(self, key: str, fetch: Fetch) -> Found:
        """Return the content under ``key``; call ``fetch`` only if no copy is fresh.

        A stale copy is served only after StorageUnavailable. Any other problem is an answer of the
        source, for example that the document was deleted, and removes the copy.
        """
        asked_at = self._clock()
        entry = self._entries.get(key)
        if entry is None:
            content = fetch(None, False)
            self._keep(key, content, asked_at)
            return Found(content, "miss", None)
        self._entries.move_to_end(key)
        age = asked_at - entry.asked_at
        if age < self.fresh_seconds:
            return Found(entry.content, "hit", age)
        can_be_stale = age <= self._stale_seconds
        if can_be_stale and asked_at < self._paused_until:
            return Found(entry.content, "stale", age)
        try:
            content = fetch(entry.content, can_be_stale)
        except StorageUnavailable:
            now = self._clock()
            self._paused_until = now + PAUSE_SECONDS
            age = now - entry.asked_at
            if age <= self._stale_seconds:
                return Found(entry.content, "stale", age)
            raise
        except Problem:
            self._drop(key)
            raise
        if content is entry.content:
            entry.asked_at = asked_at
            return Found(content, "revalidated", None)
        self._keep(key, content, asked_at)
        return Found(content, "miss", None)

    def _keep(self, key: str, content: Content, asked_at: float) -> None:
        self._drop(key)
        self._entries[key] = _Entry(content, asked_at)
        self.size += content.size + _ENTRY_BYTES
        while self.size > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.content.size + _ENTRY_BYTES
