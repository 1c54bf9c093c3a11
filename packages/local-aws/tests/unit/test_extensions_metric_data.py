"""CloudWatch metric data, and metrics from log events."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from local_aws.control_plane.extensions.cloudwatch import metric_data
from local_aws.control_plane.extensions.logs.filter_pattern import UnknownPatternError, compiled
from local_aws_tests.plane import DEV, REGION, Plane

NOW = datetime.now(UTC).replace(second=0, microsecond=0)


def dimensions(**pairs: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in pairs.items()]


def put(
    cloudwatch: Any, name: str, of: list[dict[str, str]], at: datetime = NOW, **datum: Any
) -> None:
    data = {"MetricName": name, "Dimensions": of, "Timestamp": at, **datum}
    cloudwatch.put_metric_data(Namespace="App", MetricData=[data])


def points(cloudwatch: Any, name: str, of: list[dict[str, str]], **asked: Any) -> Any:
    namespace = asked.pop("namespace", "App")
    answer = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=of,
        StartTime=NOW - timedelta(minutes=5),
        EndTime=datetime.now(UTC) + timedelta(minutes=5),
        Period=600,
        **asked,
    )
    return answer["Datapoints"]


@pytest.fixture
def cloudwatch(plane: Plane) -> Any:
    return plane.client("cloudwatch")


def stored(plane: Plane) -> list[Any]:
    from moto.cloudwatch.models import cloudwatch_backends

    data: list[Any] = cloudwatch_backends[DEV][REGION].metric_data
    return data


def test_the_values_of_a_minute_are_one_object(plane: Plane, cloudwatch: Any) -> None:
    put(cloudwatch, "Latency", [], Values=[1.0, 2.0], Counts=[50_000.0, 50_000.0])
    put(cloudwatch, "Latency", [], NOW + timedelta(seconds=59), Value=9.0)
    assert len(stored(plane)) == 1
    (point,) = points(
        cloudwatch, "Latency", [], Statistics=["SampleCount", "Sum", "Minimum", "Maximum"]
    )
    found = [point[name] for name in ("SampleCount", "Sum", "Minimum", "Maximum")]
    assert found == [100_001, 150_009, 1, 9]


def test_percentiles_are_calculated_from_the_values(cloudwatch: Any) -> None:
    put(cloudwatch, "Latency", [], Values=[1.0, 5.0, 40.0], Counts=[90.0, 9.0, 1.0])
    (point,) = points(cloudwatch, "Latency", [], ExtendedStatistics=["p50", "p99", "p99.5"])
    assert point["ExtendedStatistics"] == {"p50": 1, "p99": 5, "p99.5": 40}


def test_a_statistic_set_has_percentiles_only_if_its_values_are_equal(
    cloudwatch: Any,
) -> None:
    spread = {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3}
    put(cloudwatch, "Spread", [], StatisticValues=spread)
    put(cloudwatch, "Same", [], StatisticValues={**spread, "Minimum": 2, "Maximum": 2})
    (point,) = points(cloudwatch, "Spread", [], Statistics=["Sum"], ExtendedStatistics=["p50"])
    assert (point["Sum"], point.get("ExtendedStatistics", {})) == (6, {})
    (point,) = points(cloudwatch, "Same", [], ExtendedStatistics=["p50"])
    assert point["ExtendedStatistics"] == {"p50": 2}


def test_data_are_selected_by_their_exact_dimensions(cloudwatch: Any) -> None:
    put(cloudwatch, "Invocations", [], Value=1)
    put(cloudwatch, "Invocations", dimensions(FunctionName="api"), Value=2)
    put(cloudwatch, "Invocations", dimensions(FunctionName="api", Resource="api:live"), Value=4)

    def total(of: list[dict[str, str]]) -> float:
        (point,) = points(cloudwatch, "Invocations", of, Statistics=["Sum"])
        stat = {
            "Metric": {"Namespace": "App", "MetricName": "Invocations", "Dimensions": of},
            "Period": 600,
            "Stat": "Sum",
        }
        (result,) = cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "total", "MetricStat": stat}],
            StartTime=NOW - timedelta(minutes=5),
            EndTime=datetime.now(UTC) + timedelta(minutes=5),
        )["MetricDataResults"]
        assert result["Values"] == [point["Sum"]]
        return float(point["Sum"])

    assert total([]) == 1
    assert total(dimensions(FunctionName="api")) == 2
    assert total(dimensions(Resource="api:live", FunctionName="api")) == 4
    assert points(cloudwatch, "Invocations", dimensions(FunctionName="b"), Statistics=["Sum"]) == []


def test_only_the_newest_data_are_kept(
    plane: Plane, cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metric_data, "MAX_DATA", 50)
    monkeypatch.setattr(metric_data, "_TRIM_BATCH", 10)
    for minute in range(200):
        put(cloudwatch, "Latency", [], NOW - timedelta(minutes=200 - minute), Value=minute)
    kept = [datum.max for datum in stored(plane)]
    assert 50 <= len(kept) <= 60
    assert kept[-1] == 199


def test_data_are_restored_from_a_snapshot(plane: Plane, cloudwatch: Any) -> None:
    put(cloudwatch, "Latency", [], Values=[1.0, 5.0], Counts=[9.0, 1.0])
    plane.save_and_restore()
    put(cloudwatch, "Latency", [], Value=1.0)
    (point,) = points(
        cloudwatch, "Latency", [], Statistics=["SampleCount"], ExtendedStatistics=["p99"]
    )
    assert (point["SampleCount"], point["ExtendedStatistics"]) == (11, {"p99": 5})


class Group:
    """A log group with a stream and a metric filter."""

    def __init__(self, plane: Plane) -> None:
        self.logs = plane.client("logs")
        self.logs.create_log_group(logGroupName="/api")
        self.logs.create_log_stream(logGroupName="/api", logStreamName="one")

    def write(self, *messages: Any) -> None:
        now = time.time_ns() // 1_000_000
        texts = [each if isinstance(each, str) else json.dumps(each) for each in messages]
        self.logs.put_log_events(
            logGroupName="/api",
            logStreamName="one",
            logEvents=[{"timestamp": now, "message": text} for text in texts],
        )

    def filter(self, pattern: str, **transformation: Any) -> None:
        counted = {"metricNamespace": "App", "metricName": "Lines", "metricValue": "1"}
        self.logs.put_metric_filter(
            logGroupName="/api",
            filterName="lines",
            filterPattern=pattern,
            metricTransformations=[{**counted, **transformation}],
        )


@pytest.fixture
def group(plane: Plane) -> Group:
    return Group(plane)


def sums(cloudwatch: Any, name: str, of: list[dict[str, str]], **asked: Any) -> list[float]:
    return [each["Sum"] for each in points(cloudwatch, name, of, Statistics=["Sum"], **asked)]


def test_a_filter_counts_the_matching_events(cloudwatch: Any, group: Group) -> None:
    group.filter('{ $.level = "ERROR" || $.level = "CRITICAL" }', defaultValue=0)
    group.write({"level": "INFO"}, "no JSON, ERROR")
    assert sums(cloudwatch, "Lines", []) == [0]
    group.write({"level": "ERROR"}, {"level": "CRITICAL"}, {"level": "ERRORS"})
    assert sums(cloudwatch, "Lines", []) == [2]


def test_an_updated_filter_counts_once(cloudwatch: Any, group: Group) -> None:
    group.filter("ERROR")
    group.filter("FATAL")
    group.write("ERROR", "FATAL")
    assert sums(cloudwatch, "Lines", []) == [1]


def test_a_filter_reads_value_and_dimensions_from_the_event(cloudwatch: Any, group: Group) -> None:
    group.filter("{ $.ms > 0 }", metricValue="$.ms", dimensions={"Route": "$.route"})
    group.write({"ms": 5, "route": "/a"}, {"ms": 7, "route": "/a"}, {"ms": 9})
    assert sums(cloudwatch, "Lines", dimensions(Route="/a")) == [12]
    assert sums(cloudwatch, "Lines", []) == []


def test_embedded_metrics_are_recorded_in_their_namespace(cloudwatch: Any, group: Group) -> None:
    definition = {
        "Namespace": "Api",
        "Dimensions": [["Route"], []],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Absent"}],
    }
    about = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [definition]}
    group.write({"_aws": about, "Route": "/api", "Latency": [3, 4]}, {"_aws": "nonsense"})
    assert sums(cloudwatch, "Latency", dimensions(Route="/api"), namespace="Api") == [7]
    assert sums(cloudwatch, "Latency", [], namespace="Api") == [7]
    assert sums(cloudwatch, "Absent", [], namespace="Api") == []


def test_incoming_events_and_bytes_are_counted(cloudwatch: Any, group: Group) -> None:
    group.write("ten bytes.", "ten bytes.")
    of = dimensions(LogGroupName="/api")
    assert sums(cloudwatch, "IncomingBytes", of, namespace="AWS/Logs") == [72]
    assert sums(cloudwatch, "IncomingLogEvents", of, namespace="AWS/Logs") == [2]


LINE = {
    "no": None,
    "level": "ERROR",
    "ms": 5,
    "route": {"path": "/api/a"},
    "tags": ["x"],
    "ok": True,
}


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ERROR",
        '"level"',
        "?nothing ?ERROR",
        "level -nothing",
        '{ $.level = "ERR*" }',
        "{ $.level = ERROR && $.ms >= 5 }",
        '{ ($.level = "INFO" || $.ms = 5) && $.ok IS TRUE }',
        '{ $.route.path = "/api/*" }',
        '{ $.tags[0] = "x" }',
        '{ $["route"]["path"] = "/api/a" }',
        "{ $.no IS NULL }",
        "{ $.absent NOT EXISTS }",
        '{ $.level != "INFO" }',
    ],
)
def test_a_pattern_matches(pattern: str) -> None:
    assert compiled(pattern)(json.dumps(LINE), LINE)


@pytest.mark.parametrize(
    "pattern",
    [
        "FATAL",
        "ERROR level nothing",
        "-ERROR",
        "{ $.ms > 5 }",
        "{ $.absent = 1 }",
        "{ $.ok IS FALSE }",
    ],
)
def test_a_pattern_does_not_match(pattern: str) -> None:
    assert not compiled(pattern)(json.dumps(LINE), LINE)


@pytest.mark.parametrize("pattern", ["[ip, user]", "%ERR.*%", "{ $.a ~ 1 }", "{ ( }", "{ a = 1 }"])
def test_an_unsupported_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        compiled(pattern)
