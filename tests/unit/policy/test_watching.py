from __future__ import annotations

import pytest

from terrarium.policy.rules import watching
from tests.unit.policy.plans import Reference, found, resource, unit

GROUP = "aws_cloudwatch_log_group.this"


@pytest.mark.parametrize(("days", "is_endless"), [(7, False), (0, True), (None, True)])
def test_a_log_group_that_keeps_everything_forever_is_found(
    days: int | None, is_endless: bool
) -> None:
    plan = unit(resource(GROUP, retention_in_days=days))
    assert found(watching.endless_logs(plan)) == ([f"app/{GROUP}"] if is_endless else [])


def test_an_alarm_that_tells_nobody_is_found() -> None:
    topic = Reference("aws_sns_topic.this.arn")
    plan = unit(
        resource("aws_cloudwatch_metric_alarm.silent", alarm_actions=[]),
        resource("aws_cloudwatch_metric_alarm.off", alarm_actions=["arn"], actions_enabled=False),
        resource("aws_cloudwatch_metric_alarm.heard", alarm_actions=["arn:aws:sns:::topic"]),
        resource("aws_cloudwatch_composite_alarm.later", alarm_actions=topic),
        resource("aws_cloudwatch_composite_alarm.silent"),
    )
    assert found(watching.silent_alarms(plan)) == [
        "app/aws_cloudwatch_metric_alarm.silent",
        "app/aws_cloudwatch_metric_alarm.off",
        "app/aws_cloudwatch_composite_alarm.silent",
    ]
