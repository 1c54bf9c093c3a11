"""``logs``: the log of an environment's function, from CloudWatch Logs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from terrarium import console, deployment, identity, settings
from terrarium.errors import LogsError, UsageError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_SINCE = re.compile(r"(?P<number>\d{1,6})(?P<unit>[smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_POLL_SECONDS = 1.0

LATE_MS = 30_000
"""Maximum delay until an event can be read; each poll starts this much before the last event."""


@dataclass(frozen=True, slots=True)
class Query:
    """``since_ms`` counts from the epoch; ``pattern`` is a filter pattern of CloudWatch Logs."""

    log_group: str
    since_ms: int
    pattern: str = ""


def show(env: str, target: str, *, since: str, pattern: str, follow: bool) -> None:
    """Print one line for each event, oldest first: its time in UTC and its message.

    With ``follow`` it never returns. Raises UsageError for an invalid ``since``, LogsError if the
    function was never applied or its log cannot be read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    since_ms = _since_ms(since, datetime.now(UTC))
    resolved = deployment.resolve(settings.environment(env), target, read_only=True)
    group = resolved.states.outputs("function").get("log_group_name")
    if group is None:
        raise LogsError(
            f"{env} has no function yet", hint=f"apply it first: invoke apply --env {env}"
        )
    client = identity.client("logs", resolved.account, resolved.target, resolved.environ)
    query = Query(str(group.value), since_ms, pattern)
    try:
        for timestamp_ms, message in events(client, query, _pause if follow else None):
            console.data(f"{_utc(timestamp_ms)} {message.rstrip()}")
    except (BotoCoreError, ClientError) as error:
        raise LogsError(f"the log group {query.log_group} cannot be read: {error}") from error


def events(
    client: CloudWatchLogsClient, query: Query, pause: Callable[[], None] | None
) -> Iterator[tuple[int, str]]:
    """Yield time in ms and message of each event. With ``pause``, poll again after it, for ever."""
    seen: dict[str, int] = {}
    start_ms = query.since_ms
    while True:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=query.log_group, startTime=start_ms, filterPattern=query.pattern
        )
        for page in pages:
            for event in page["events"]:
                if event["eventId"] not in seen:
                    seen[event["eventId"]] = event["timestamp"]
                    yield event["timestamp"], event["message"]
        if pause is None:
            return
        pause()
        start_ms = max(start_ms, max(seen.values(), default=0) - LATE_MS)
        seen = {key: at for key, at in seen.items() if at >= start_ms}


def _pause() -> None:
    time.sleep(_POLL_SECONDS)


def _since_ms(text: str, now: datetime) -> int:
    match = _SINCE.fullmatch(text)
    if match is None:
        raise UsageError(f"--since {text!r} is not a duration", hint="such as 90s, 5m, 2h or 1d")
    seconds = int(match["number"]) * _SECONDS[match["unit"]]
    return max(0, int(now.timestamp() - seconds) * 1000)


def _utc(timestamp_ms: int) -> str:
    moment = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
