"""CloudWatch metric data: one object a minute, percentiles, exact dimensions, bounded memory.

Source: CloudWatch API reference, PutMetricData, GetMetricStatistics and GetMetricData; CloudWatch
user guide, "Percentiles" (a statistic set has percentiles only if all of its values are equal).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination
from moto.cloudwatch.metric_data_expression_parser import parse_expression
from moto.cloudwatch.models import MetricAggregatedDatum, Statistics
from moto.core.responses import ActionResult

MAX_DATA = 20_000
"""Objects kept for an account and Region: ten hours of a busy environment."""

_TRIM_BATCH = 1_000
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
_HIGH_RESOLUTION = 1


@dataclass(frozen=True, slots=True)
class Series:
    """A metric; ``dimensions`` are pairs of name and value, sorted by name."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    unit: str | None = None


class Distribution(MetricAggregatedDatum):  # type: ignore[misc] # moto ships no types
    """Counts of the values of a series in a minute, or in a second for high resolution."""

    def __init__(self, series: Series, timestamp: datetime) -> None:
        dimensions = [{"Name": name, "Value": value} for name, value in series.dimensions]
        place = (series.namespace, series.name)
        super().__init__(*place, math.inf, -math.inf, 0, 0, dimensions, timestamp, series.unit)
        self.times: dict[float, float] = {}

    def add(self, value: float, times: float) -> None:
        self.times[value] = self.times.get(value, 0.0) + times
        self.min, self.max = min(self.times), max(self.times)
        self.sum += value * times
        self.sample_count += times


def record(
    backend: Any,
    series: Series,
    at: datetime,
    values: Mapping[float, float],
    *,
    seconds: int = 60,
) -> None:
    """Add values, with their counts, to the data of these ``seconds``; ``at`` is naive UTC."""
    key = series, at.replace(microsecond=0, second=at.second - at.second % seconds)
    known = _distributions(backend)
    found = known.get(key)
    if found is None:
        found = known[key] = Distribution(*key)
        backend.metric_data.append(found)
        _trim(backend)
    for value, times in values.items():
        found.add(value, times)


def has_data(backend: Any, series: Series, at: datetime) -> bool:
    """Return whether the minute of ``at`` has a value."""
    return (series, at.replace(microsecond=0, second=0)) in _distributions(backend)


def put_metric_data(
    original: Any, backend: Any, namespace: str, metric_data: list[dict[str, Any]]
) -> None:
    for number, each in enumerate(metric_data, start=1):
        backend._validate_parameters_put_metric_data(each, number)
    for each in metric_data:
        if each.get("StatisticValues"):
            original(backend, namespace, [each])
            _trim(backend)
        else:
            _put(backend, namespace, each)


def get_statistics_for_type(original: Any, statistics: Any, stat: str) -> Any:
    percentile = _PERCENTILE.fullmatch(stat)
    if percentile is None:
        return original(statistics, stat)
    return _percentile(statistics.metric_data, float(percentile[1]))


def get_metric_data(original: Any, backend: Any, queries: Any, *args: Any, **kwargs: Any) -> Any:
    found: dict[str, Any] = {}
    for query in queries:
        if "MetricStat" in query:
            metric = query["MetricStat"]["Metric"]
            wanted = sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions", []))
            every = backend.get_all_metrics()
            data = _exactly(every, metric["Namespace"], metric["MetricName"], wanted)
            # Select by dimensions here: moto fails if two are in another order.
            stat = {**query["MetricStat"], "Metric": {**metric, "Dimensions": []}}
            view = SimpleNamespace(get_all_metrics=lambda data=data: data)
            alone = [{**query, "MetricStat": stat, "ReturnData": True}]
            (found[query["Id"]],) = original(view, alone, *args, **kwargs)
        elif query["Expression"].startswith("SELECT"):
            (found[query["Id"]],) = original(backend, [query], *args, **kwargs)
    return [
        found[query["Id"]] if query["Id"] in found else _calculated(query, found)
        for query in queries
        if query.get("ReturnData", True)
    ]


def get_metric_statistics(response: Any) -> ActionResult:
    names = response._get_param("Statistics", [])
    extended = response._get_param("ExtendedStatistics") or []
    if not names and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    period = timedelta(seconds=response._get_int_param("Period"))
    start, end = (_naive(response._get_param(name)) for name in ("StartTime", "EndTime"))
    name, unit = response._get_param("MetricName"), response._get_param("Unit")
    wanted = sorted((d["Name"], d["Value"]) for d in response._get_param("Dimensions", []))
    periods: dict[datetime, list[Any]] = {}
    every = response.cloudwatch_backend.get_all_metrics()
    for datum in _exactly(every, response._get_param("Namespace"), name, wanted):
        if start <= datum.timestamp < end and unit in {None, datum.unit}:
            begin = start + (datum.timestamp - start) // period * period
            periods.setdefault(begin, []).append(datum)
    points = []
    for begin, data in sorted(periods.items()):
        point = Statistics(names, begin, data[-1].unit)
        point.metric_data = data
        found = {stat: point.get_statistics_for_type(stat) for stat in extended}
        vars(point)["extended_statistics"] = {
            stat: value for stat, value in found.items() if value is not None
        }
        points.append(point)
    return ActionResult({"Label": name, "Datapoints": points})


def _put(backend: Any, namespace: str, datum: dict[str, Any]) -> None:
    values = datum.get("Values") or [datum.get("Value", 0)]
    counts = datum.get("Counts") or [1] * len(values)
    times: dict[float, float] = {}
    for value, count in zip(values, counts, strict=True):
        times[float(value)] = times.get(float(value), 0.0) + float(count)
    at = datum.get("Timestamp")
    pairs = sorted((each["Name"], each["Value"]) for each in datum.get("Dimensions") or ())
    series = Series(namespace, datum["MetricName"], tuple(pairs), datum.get("Unit"))
    seconds = 1 if datum.get("StorageResolution") == _HIGH_RESOLUTION else 60
    record(backend, series, utc_now() if at is None else _naive(at), times, seconds=seconds)


def utc_now() -> datetime:
    """Return the time as moto keeps it, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def _exactly(
    data: Iterable[Any], namespace: str, name: str, wanted: list[tuple[str, str]]
) -> list[Any]:
    return [
        datum
        for datum in data
        if datum.name == name
        and datum.namespace == namespace
        and sorted((each.name, each.value) for each in datum.dimensions) == wanted
    ]


def _calculated(query: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    values, timestamps = parse_expression(query["Expression"], list(found.values()))
    label = query.get("Label") or query["Id"]
    return {
        "id": query["Id"],
        "label": label,
        "values": values,
        "timestamps": timestamps,
        "status_code": "Complete",
    }


def _percentile(data: Iterable[Any], percent: float) -> float | None:
    """Return the smallest value at or above ``percent`` of the values."""
    times: dict[float, float] = {}
    for datum in data:
        if isinstance(datum, Distribution):
            counts = datum.times
        elif isinstance(datum, MetricAggregatedDatum):
            counts = {datum.max: datum.sample_count} if datum.min == datum.max else {}
        else:
            counts = {datum.value: 1.0}
        for value, count in counts.items():
            times[value] = times.get(value, 0.0) + count
    rank = sum(times.values()) * percent / 100
    for value in sorted(times):
        rank -= times[value]
        if rank <= 1e-9:
            return value
    return None


def _trim(backend: Any) -> None:
    if len(backend.metric_data) <= MAX_DATA + _TRIM_BATCH:
        return
    gone = backend.metric_data[:_TRIM_BATCH]
    del backend.metric_data[:_TRIM_BATCH]
    dropped = {id(datum) for datum in gone}
    known = _distributions(backend)
    for key in [key for key, datum in known.items() if id(datum) in dropped]:
        del known[key]


def _distributions(backend: Any) -> dict[tuple[Series, datetime], Distribution]:
    """Return the index of a backend's data; kept in the backend, so that a snapshot has it."""
    known: dict[tuple[Series, datetime], Distribution]
    known = vars(backend).setdefault("distributions", {})
    return known


def _naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
