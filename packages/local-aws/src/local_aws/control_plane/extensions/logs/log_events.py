"""Log events: a bound for each stream, and metrics from filters and the embedded format.

Source: CloudWatch Logs user guide, "Usage metrics" (AWS/Logs) and "Creating metrics from log events
using filters"; CloudWatch user guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from local_aws.control_plane.extensions.cloudwatch.metric_data import (
    Series,
    has_data,
    record,
    utc_now,
)
from local_aws.control_plane.extensions.logs.filter_pattern import (
    Pattern,
    UnknownPatternError,
    compiled,
    selected,
)

MAX_EVENTS = 5_000
"""Events kept in a log stream; AWS keeps all."""

_log = logging.getLogger("local_aws.control_plane")

_EVENT_OVERHEAD_BYTES = 26
_MAX_METRICS = 100


def put_log_events(original: Any, backend: Any, group: str, stream: str, events: Any) -> Any:
    answer = original(backend, group, stream, events)
    del backend.groups[group].streams[stream].events[:-MAX_EVENTS]
    metrics = cloudwatch_backends[backend.account_id][backend.region_name]
    _count(metrics, group, events)
    parsed = [(event, as_json(event["message"])) for event in events]
    for event, document in parsed:
        if isinstance(document, dict) and isinstance(document.get("_aws"), dict):
            _embedded(metrics, document, event["timestamp"])
    for each in _filters(backend, group):
        _apply(metrics, each, parsed)
    return answer


def _count(metrics: Any, group: str, events: list[dict[str, Any]]) -> None:
    size = sum(len(event["message"].encode()) + _EVENT_OVERHEAD_BYTES for event in events)
    dimensions = (("LogGroupName", group),)
    for name, unit, value in (
        ("IncomingBytes", "Bytes", size),
        ("IncomingLogEvents", "Count", len(events)),
    ):
        record(metrics, Series("AWS/Logs", name, dimensions, unit), utc_now(), {float(value): 1.0})


def _embedded(metrics: Any, document: dict[str, Any], timestamp_ms: int) -> None:
    """Record the metrics of an embedded document; skip invalid parts, as CloudWatch does."""
    metadata = document["_aws"]
    at = _moment(metadata.get("Timestamp", timestamp_ms))
    for directive in _dicts(metadata.get("CloudWatchMetrics")):
        namespace = str(directive.get("Namespace"))
        for definition in _dicts(directive.get("Metrics"))[:_MAX_METRICS]:
            found = document.get(str(definition.get("Name")))
            values = [
                float(each)
                for each in (found if isinstance(found, list) else [found])
                if isinstance(each, (int, float)) and not isinstance(each, bool)
            ]
            if not values:
                continue
            for names in directive.get("Dimensions") or [[]]:
                pairs = tuple(sorted((str(name), str(document.get(name))) for name in names))
                unit = str(definition.get("Unit", "None"))
                series = Series(namespace, str(definition["Name"]), pairs, unit)
                times = {value: float(values.count(value)) for value in values}
                record(metrics, series, at, times)


def _filters(backend: Any, group: str) -> list[dict[str, Any]]:
    """Return the filters of a log group; moto keeps all versions, and the last one counts."""
    found = {
        each["filterName"]: each
        for each in backend.filters.metric_filters
        if each["logGroupName"] == group
    }
    return list(found.values())


def _apply(
    metrics: Any, metric_filter: dict[str, Any], parsed: list[tuple[dict[str, Any], Any]]
) -> None:
    pattern = _pattern(metric_filter["filterPattern"])
    if pattern is None:
        return
    found = [(event, doc) for event, doc in parsed if pattern(event["message"], doc)]
    for transformation in metric_filter["metricTransformations"]:
        namespace, name = transformation["metricNamespace"], transformation["metricName"]
        unit = transformation.get("unit", "None")
        wanted = transformation.get("dimensions") or {}
        for event, document in found:
            value = _transformed(transformation["metricValue"], document)
            pairs = tuple(sorted(_dimensions(wanted, document)))
            if value is not None and len(pairs) == len(wanted):
                series = Series(namespace, name, pairs, unit)
                record(metrics, series, _moment(event["timestamp"]), {value: 1.0})
        default = transformation.get("defaultValue")
        plain = Series(namespace, name, (), unit)
        # A minute has the default value only if it has no other value.
        if default is not None and not found and not has_data(metrics, plain, utc_now()):
            record(metrics, plain, utc_now(), {float(default): 1.0})


@lru_cache(maxsize=256)
def _pattern(text: str) -> Pattern | None:
    try:
        return compiled(text)
    except (UnknownPatternError, ValueError):
        _log.warning("metric filter ignored: its pattern is not supported here: %s", text)
        return None


def _transformed(value: str, document: Any) -> float | None:
    found = selected(document, value) if value.startswith("$") else value
    try:
        return float(found)
    except (TypeError, ValueError):
        return None


def _dimensions(wanted: dict[str, str], document: Any) -> Iterator[tuple[str, str]]:
    for name, selector in wanted.items():
        found = selected(document, selector)
        if found is not None:
            yield name, str(found)


def as_json(message: str) -> Any:
    """Return the message as a JSON object, or None."""
    if not message.startswith("{"):
        return None
    try:
        return json.loads(message)
    except ValueError:
        return None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _moment(milliseconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError, OSError):
        return utc_now()
