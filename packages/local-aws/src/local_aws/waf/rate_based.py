"""Requests counted over a sliding window, for each key of a rate-based statement.

Source: AWS WAF developer guide, "Using rate-based rule statements". AWS looks at the counts every
few seconds; here every request is judged by the counts at its moment.
"""

from __future__ import annotations

from collections import OrderedDict

MOST_KEYS = 10_000
"""Keys that are counted at once; the one that has been quiet for longest is forgotten first."""

_STEPS = 30


class Counter:
    """Counts of the last ``window_seconds``, in steps of a thirtieth of it."""

    def __init__(self, window_seconds: int) -> None:
        self._step = window_seconds / _STEPS
        self._counts: OrderedDict[tuple[bytes, ...], dict[int, int]] = OrderedDict()

    def count(self, key: tuple[bytes, ...], now: float) -> int:
        """Count one more request of ``key``; returns how many the window holds with it."""
        step = int(now / self._step)
        counts = self._counts.setdefault(key, {})
        self._counts.move_to_end(key)
        counts[step] = counts.get(step, 0) + 1
        for old in [each for each in counts if each <= step - _STEPS]:
            del counts[old]
        if len(self._counts) > MOST_KEYS:
            self._counts.popitem(last=False)
        return sum(counts.values())
