"""Metrics, and the values that they had during one period.

Source: CloudWatch API reference, MetricDatum and PutMetricData.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

VALUES_PER_DATUM = 150
DATA_PER_REQUEST = 1_000


@dataclass(frozen=True, slots=True)
class Metric:
    """``dimensions`` are pairs of name and value, sorted by name; ``unit`` is CloudWatch's."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    unit: str = "Count"


def metric(namespace: str, name: str, unit: str = "Count", **dimensions: str) -> Metric:
    return Metric(namespace, name, tuple(sorted(dimensions.items())), unit)


def rounded(value: float) -> float:
    """Round to two significant digits, so that a period has few different values."""
    return float(f"{value:.2g}") if value > 0 else 0.0


@dataclass(slots=True)
class MetricValues:
    """Counts of each value of each metric during a period."""

    counts: dict[Metric, dict[float, int]] = field(default_factory=dict)

    def add(self, of: Metric, value: float, times: int = 1) -> None:
        values = self.counts.setdefault(of, {})
        values[value] = values.get(value, 0) + times

    def merge(self, other: MetricValues) -> None:
        for of, values in other.counts.items():
            for value, times in values.items():
                self.add(of, value, times)

    def data(self, namespace: str) -> Iterator[dict[str, Any]]:
        """Yield the MetricData of a namespace, without timestamps.

        A metric with many values takes several.
        """
        for of, values in self.counts.items():
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
