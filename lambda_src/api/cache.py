"""Contents in memory: fresh for a while, then asked for again, and lent a little longer when the
source fails.

The age of a copy is counted from the moment before the source was last asked and said that this is
the content. No copy is served past ``stale_seconds`` of age, whatever happens.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from api.content import Content
from api.problem import Problem, StorageUnavailable

RESPITE_SECONDS = 2.0
"""After a failure the source is left alone for as long where a stale copy will do."""

_ENTRY_BYTES = 2_000  # headers, tags and the objects around them


class Clock:
    """Seconds that pass also while an execution environment is frozen.

    Which of the two clocks goes on then depends on how it is frozen, and wall time may be set back:
    whichever has moved further since the last reading is believed, so that no copy looks younger
    than it is.
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
    """``age`` is None for what the source has just confirmed."""

    content: Content
    cache: Literal["hit", "revalidated", "miss", "stale"]
    age: float | None


Fetch = Callable[[Content | None, bool], Content]
"""Gives the content, or the one it was handed where that has not changed.

The second argument says that this one may be served if the fetch fails: not worth a long wait.
Raises Problem.
"""


@dataclass(slots=True)
class _Entry:
    content: Content
    asked_at: float


class Cache:
    """Holds at most ``max_bytes``; what was not asked for longest goes first."""

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
        self._respite_until = 0.0
        self.size = 0

    def get(self, key: str, fetch: Fetch) -> Found:
        """The content under ``key``, which is asked for only where no copy is fresh.

        Only StorageUnavailable lets a stale copy be served. Any other problem is an answer of the
        source, such as that there is no such document any more, and the copy is dropped.
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
        lendable = age <= self._stale_seconds
        if lendable and asked_at < self._respite_until:
            return Found(entry.content, "stale", age)
        try:
            content = fetch(entry.content, lendable)
        except StorageUnavailable:
            now = self._clock()
            self._respite_until = now + RESPITE_SECONDS
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
