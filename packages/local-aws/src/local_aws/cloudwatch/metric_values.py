"""Values of a metric within a minute, and the metrics of a minute.

Source: CloudWatch API reference, MetricDatum and PutMetricData.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

VALUES_PER_DATUM = 150
DATA_PER_REQUEST = 1_000


@dataclass(frozen=True, slots=True)
class Metric:
    """``dimensions`` are pairs of name and value, sorted by name; ``unit`` as CloudWatch has it."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    unit: str = "Count"


def metric(namespace: str, name: str, unit: str = "Count", **dimensions: str) -> Metric:
    return Metric(namespace, name, tuple(sorted(dimensions.items())), unit)


def rounded(value: float) -> float:
    """To two digits that count, so that a minute has few different values; 0 is 0."""
    return float(f"{value:.2g}") if value > 0 else 0.0


@dataclass(slots=True)
class Minute:
    """How often each value of each metric occurred."""

    counts: dict[Metric, dict[float, int]] = field(default_factory=dict)

    def add(self, of: Metric, value: float, times: int = 1) -> None:
        values = self.counts.setdefault(of, {})
        values[value] = values.get(value, 0) + times

    def merge(self, other: Minute) -> None:
        for of, values in other.counts.items():
            for value, times in values.items():
                self.add(of, value, times)


def data(namespace: str, counts: Mapping[Metric, Mapping[float, int]]) -> Iterator[dict[str, Any]]:
    """MetricData of one namespace, without timestamps; a metric of many values needs several."""
    for of, values in counts.items():
        if of.namespace != namespace:
            continue
        pairs = sorted(values.items())
        for first in range(0, len(pairs), VALUES_PER_DATUM):
            part = pairs[first : first + VALUES_PER_DATUM]
            yield {
                "MetricName": of.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in of.dimensions],
                "Unit": of.unit,
                "Values": [value for value, _ in part],
                "Counts": [float(times) for _, times in part],
            }
