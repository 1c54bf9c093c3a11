"""Logs and alarms."""

from __future__ import annotations

from collections.abc import Iterator

from terrarium.policy.finding import Finding
from terrarium.policy.units import UnitPlan

_ALARMS = ("aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm")


def endless_logs(unit: UnitPlan) -> Iterator[Finding]:
    """Every log group has a retention: without one, or with 0, it keeps everything forever."""
    for group in unit.plan.of("aws_cloudwatch_log_group"):
        if not group.is_set("retention_in_days"):
            yield Finding(unit.unit, group.base, "it has no retention")


def silent_alarms(unit: UnitPlan) -> Iterator[Finding]:
    """Every alarm tells somebody."""
    for alarm in unit.plan.of(*_ALARMS):
        if not alarm.is_set("alarm_actions") or alarm.get("actions_enabled") is False:
            yield Finding(unit.unit, alarm.base, "it has no action")
