"""Production is nowhere smaller than another environment by accident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from terrarium.policy.finding import Finding
from terrarium.policy.units import UnitPlan

_UNLIMITED = {"reserved_concurrent_executions": -1, "retention_in_days": 0}
"""Numbers that stand for no limit at all."""


def smaller(protected: UnitPlan, other: UnitPlan) -> Iterator[Finding]:
    """Every number, every length of a list and every count of resources that is smaller than in
    the other environment. What is known in one of them only cannot be compared."""
    unit = protected.unit
    there, here = _counts(other), _counts(protected)
    for address, count in there.items():
        if here[address] < count:
            yield Finding(unit, address, f"{here[address]} of them, {count} in {other.environment}")
    by_address = {resource.address: resource for resource in other.plan.resources}
    seen: set[str] = set()
    for resource in protected.plan.resources:
        twin = by_address.get(resource.address)
        if twin is None:
            continue
        numbers = dict(_numbers(twin.values, ""))
        for path, number in _numbers(resource.values, ""):
            finding = Finding(
                unit,
                resource.base,
                f"{path} is {number:g}, {numbers.get(path, 0):g} in {other.environment}",
                path,
            )
            if _is_smaller(path, number, numbers.get(path)) and finding.key not in seen:
                seen.add(finding.key)
                yield finding


def _counts(unit: UnitPlan) -> Counter[str]:
    return Counter(resource.base for resource in unit.plan.resources)


def _numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """Every number below a value by its path (``a.0.b``); a list is a number too, its length, but
    a block that holds nothing is no more than a switch (``count {}``)."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if not value or any(_holds_something(item) for item in value):
            yield path, len(value)
        for position, item in enumerate(value):
            yield from _numbers(item, f"{path}.{position}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _holds_something(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_something(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_something(item) for item in value)
    return value is not None


def _is_smaller(path: str, here: float, there: float | None) -> bool:
    if there is None:
        return False
    unlimited = _UNLIMITED.get(path)
    if here == unlimited:
        return False
    return there == unlimited or here < there
