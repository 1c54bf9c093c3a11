from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import pytest

from terrarium.errors import UsageError
from terrarium.function_logs import LATE_MS, Query, _since_ms, events

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Logs:
    """Fake CloudWatch Logs: each poll adds events; two events a page."""

    def __init__(self, *polls: list[tuple[int, str]]) -> None:
        self._polls = list(polls)
        self._there: list[tuple[int, str]] = []
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> Logs:
        assert operation == "filter_log_events"
        return self

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(arguments)
        if self._polls:
            self._there += self._polls.pop(0)
        found = [
            {"eventId": f"{at}-{text}", "timestamp": at, "message": text}
            for at, text in sorted(self._there)
            if at >= arguments["startTime"]
        ]
        return iter([{"events": found[i : i + 2]} for i in range(0, len(found), 2)])


def read(logs: Logs, query: Query, count: int | None = None) -> list[str]:
    """Return the first ``count`` messages that a follower sees, or all existing ones."""
    pause = None if count is None else lambda: None
    return [text for _, text in islice(events(cast("Any", logs), query, pause), count)]


def test_events_of_every_page_are_read_once() -> None:
    logs = Logs([(3, "c"), (1, "a"), (2, "b")])
    assert read(logs, Query("group", 0, "ERROR")) == ["a", "b", "c"]
    assert logs.asked == [{"logGroupName": "group", "startTime": 0, "filterPattern": "ERROR"}]


def test_following_shows_each_event_once_and_late_events_too() -> None:
    logs = Logs([(50_000, "first")], [(49_000, "late")], [(50_000, "same time")])
    assert read(logs, Query("group", 0), count=3) == ["first", "late", "same time"]


def test_following_does_not_read_everything_again() -> None:
    logs = Logs([(100_000, "first")], [(200_000, "second")], [(300_000, "third")])
    assert read(logs, Query("group", 5), count=3) == ["first", "second", "third"]
    assert [asked["startTime"] for asked in logs.asked] == [5, 100_000 - LATE_MS, 200_000 - LATE_MS]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86400)]
)
def test_since_is_a_duration_before_now(text: str, seconds: int) -> None:
    assert _since_ms(text, NOW) == int(NOW.timestamp() - seconds) * 1000


def test_since_may_be_before_the_first_log() -> None:
    assert _since_ms("999999d", NOW) == 0


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "5min", "1e3s", "9999999s"])
def test_an_invalid_since_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="is not a duration") as refused:
        _since_ms(text, NOW)
    assert refused.value.hint == "such as 90s, 5m, 2h or 1d"
