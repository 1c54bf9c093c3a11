from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws.control_plane.extensions.logs import log_events
from local_aws_tests.plane import Plane

GROUP = "/aws/lambda/api"
LINES = (
    json.dumps({"level": "INFO", "status": 200, "route": "/api/foo"}),
    json.dumps({"level": "WARN", "status": 404, "route": "/api/none"}),
    "REPORT RequestId: id-1 Duration: 12.35 ms",
)


@pytest.fixture
def logs(plane: Plane) -> Any:
    """CloudWatch Logs with a group that has the three lines."""
    client = plane.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + place, "message": line} for place, line in enumerate(LINES)]
    client.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)
    return client


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("", [0, 1, 2]),
        ("{ $.status = 404 }", [1]),
        ('{ $.status >= 200 && $.level != "WARN" }', [0]),
        ("{ $.status = 500 }", []),
        ("REPORT", [2]),
        ("?WARN ?INFO", [0, 1]),
        ("-REPORT", [0, 1]),
        ('"RequestId: id-1"', [2]),
    ],
)
def test_a_search_finds_the_events_that_match(logs: Any, pattern: str, places: list[int]) -> None:
    found = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)["events"]
    assert [event["message"] for event in found] == [LINES[place] for place in places]


@pytest.mark.parametrize("pattern", ["{ $.status = }", "{ status = 404 }", "[a, b]", "%re%"])
def test_an_invalid_pattern_is_refused(logs: Any, pattern: str) -> None:
    with pytest.raises(ClientError, match="filter pattern") as refused:
        logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_stream_keeps_its_newest_events(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_events, "MAX_EVENTS", 4)
    for number in range(3, 6):
        logs.put_log_events(
            logGroupName=GROUP,
            logStreamName="s",
            logEvents=[{"timestamp": int(time.time() * 1000) + number, "message": str(number)}],
        )
    found = logs.get_log_events(logGroupName=GROUP, logStreamName="s", startFromHead=True)
    assert [event["message"] for event in found["events"]] == [LINES[2], "3", "4", "5"]


def query(logs: Any, text: str) -> list[dict[str, str]]:
    now = int(time.time())
    started = logs.start_query(
        logGroupName=GROUP, startTime=now - 60, endTime=now + 60, queryString=text
    )
    rows = logs.get_query_results(queryId=started["queryId"])["results"]
    return [{field["field"]: field["value"] for field in row} for row in rows]


def test_a_query_returns_events(logs: Any) -> None:
    rows = query(logs, "fields @timestamp, @message | sort @timestamp asc | limit 2")
    assert [row["@message"] for row in rows] == list(LINES[:2])


@pytest.mark.parametrize(
    "text",
    [
        'fields @message | filter level = "WARN"',
        "stats count(*) by route",
        "fields @timestamp, status",
        "fields @message | sort status desc",
        "fields @message | limit many",
        "nonsense",
    ],
)
def test_an_unsupported_query_is_refused_with_the_unsupported_part(logs: Any, text: str) -> None:
    with pytest.raises(ClientError, match="local-aws evaluates") as refused:
        query(logs, text)
    assert refused.value.response["Error"]["Code"] == "MalformedQueryException"
    assert refused.value.response["Error"]["Message"].endswith(text.rpartition("| ")[2])
