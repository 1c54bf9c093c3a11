"""Composite alarms of CloudWatch, with the state that their rule evaluates to.

Source: CloudWatch API reference, PutCompositeAlarm and DescribeAlarms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm
from moto.core.responses import EmptyResult

from local_aws.control_plane.extensions.cloudwatch import alarm_rule

_METRIC, _COMPOSITE = "MetricAlarm", "CompositeAlarm"
_MAX_CHILDREN = 100


def describe_alarms(original: Any, response: Any) -> Any:
    """Describe alarms with the request's filters; evaluate composite alarms first."""
    alarms = response.cloudwatch_backend.alarms
    for alarm in _composites(alarms.values()):
        _evaluate(alarms, alarm)
    described = original(response)
    types = response._get_param("AlarmTypes") or [_METRIC]
    related = _related(response, alarms)
    state = response._get_param("StateValue")
    for kind, member in ((_METRIC, "MetricAlarms"), (_COMPOSITE, "CompositeAlarms")):
        found = described.result[member] if kind in types else []
        described.result[member] = [
            alarm
            for alarm in found
            if (related is None or alarm.name in related) and state in {None, alarm.state_value}
        ]
    return described


def put_composite_alarm(response: Any) -> Any:
    """Raises ValidationError for an invalid rule and for one that names a missing alarm."""
    alarms = response.cloudwatch_backend.alarms
    name, rule = response._get_param("AlarmName"), response._get_param("AlarmRule")
    before = alarms.get(name)
    if before is not None and before.rule is None:
        raise ValidationError(f"{name} is a metric alarm; a composite alarm needs another name")
    _check(alarms, rule)
    alarm = _alarm(response, name, rule)
    _set_suppressor(response, alarms, alarm)
    if before is not None:
        alarm.update_state(before.state_reason, before.state_reason_data, before.state_value)
        alarm.history = before.history
    alarms[name] = alarm
    tags = response._get_param("Tags", [])
    if tags and before is None:  # PutCompositeAlarm ignores the tags of an update
        response.cloudwatch_backend.tagger.tag_resource(alarm.alarm_arn, tags)
    return EmptyResult()


def _alarm(response: Any, name: str, rule: str) -> Any:
    backend = response.cloudwatch_backend
    only_metric_alarms = dict.fromkeys(
        (
            "namespace",
            "metric_name",
            "metric_data_queries",
            "comparison_operator",
            "evaluation_periods",
            "datapoints_to_alarm",
            "period",
            "threshold",
            "statistic",
            "extended_statistic",
            "unit",
            "treat_missing_data",
            "evaluate_low_sample_count_percentile",
            "threshold_metric_id",
        )
    )
    return Alarm(
        account_id=backend.account_id,
        region_name=backend.region_name,
        name=name,
        description=response._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=response._get_param("AlarmActions", []),
        ok_actions=response._get_param("OKActions", []),
        insufficient_data_actions=response._get_param("InsufficientDataActions", []),
        actions_enabled=response._get_bool_param("ActionsEnabled"),
        rule=rule,
        **only_metric_alarms,
    )


def _set_suppressor(response: Any, alarms: Mapping[str, Any], alarm: Any) -> None:
    """Set the alarm that suppresses the actions of this alarm, and the wait periods."""
    suppressor = response._get_param("ActionsSuppressor")
    if not suppressor:
        return
    alarm.actions_suppressor = suppressor
    for attribute, parameter in (
        ("actions_suppressor_wait_period", "ActionsSuppressorWaitPeriod"),
        ("actions_suppressor_extension_period", "ActionsSuppressorExtensionPeriod"),
    ):
        seconds = response._get_int_param(parameter)
        if seconds is None:
            raise ValidationError(f"{parameter} is required with ActionsSuppressor")
        setattr(alarm, attribute, seconds)
    if suppressor.rpartition(":alarm:")[2] not in alarms:
        raise ValidationError(f"ActionsSuppressor {suppressor} does not exist")


def _check(alarms: Mapping[str, Any], text: str) -> None:
    try:
        named = set(alarm_rule.parse(text).alarms)
    except alarm_rule.RuleError as error:
        raise ValidationError(str(error)) from error
    if len(named) > _MAX_CHILDREN:
        raise ValidationError(f"AlarmRule must not name more than {_MAX_CHILDREN} alarms")
    if unknown := sorted(named - alarms.keys()):
        raise ValidationError(f"AlarmRule names alarms that do not exist: {', '.join(unknown)}")


def _related(response: Any, alarms: Mapping[str, Any]) -> set[str] | None:
    """Return the alarms that ChildrenOfAlarmName or ParentsOfAlarmName selects, or None."""
    if parent := response._get_param("ChildrenOfAlarmName"):
        alarm = alarms.get(parent)
        rule = None if alarm is None else alarm.rule
        return set(alarm_rule.parse(rule).alarms) if rule else set()
    if child := response._get_param("ParentsOfAlarmName"):
        return {
            alarm.name
            for alarm in _composites(alarms.values())
            if child in alarm_rule.parse(alarm.rule).alarms
        }
    return None


def _evaluate(alarms: Mapping[str, Any], alarm: Any, above: frozenset[str] = frozenset()) -> None:
    """Set the state of an alarm from its rule, after the alarms that the rule names.

    ``above`` are the alarms that wait for this one, because CloudWatch allows a cycle.
    """
    above |= {alarm.name}
    rule = alarm_rule.parse(alarm.rule)
    for name in set(rule.alarms) - above:
        if (child := alarms.get(name)) is not None and child.rule is not None:
            _evaluate(alarms, child, above)

    def state_of(name: str) -> str:
        child = alarms.get(name)  # a deleted alarm has no state
        return "" if child is None else str(child.state_value)

    state = "ALARM" if rule.holds(state_of) else "OK"
    if state != alarm.state_value:
        alarm.update_state(f"{alarm.alarm_arn} transitioned to {state}", "{}", state)


def _composites(alarms: Iterable[Any]) -> list[Any]:
    return [alarm for alarm in alarms if alarm.rule is not None]
