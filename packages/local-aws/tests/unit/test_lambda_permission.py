from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws.lambda_runtime.permission import permissions

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/api/0123"
OTHER = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/web/4567"


def policy(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "elasticloadbalancing.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Condition": {"ArnLike": {"AWS:SourceArn": GROUP}},
        **changes,
    }
    return json.dumps({"Statement": [statement]})


def allowed(text: str, group: str) -> bool:
    return any(permission.covers(group) for permission in permissions(text))


def test_the_target_group_of_the_condition_may_invoke_and_no_other() -> None:
    assert allowed(policy(), GROUP)
    assert not allowed(policy(), OTHER)


def test_without_a_condition_every_target_group_may_invoke() -> None:
    assert allowed(policy(Condition={}), OTHER)


def test_a_condition_may_hold_wildcards() -> None:
    condition = {"ArnLike": {"AWS:SourceArn": GROUP.replace("api/0123", "*")}}
    assert allowed(policy(Condition=condition), OTHER)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "apigateway.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
        {"Action": "lambda:GetFunction"},
    ],
)
def test_a_statement_for_something_else_permits_nothing(change: dict[str, Any]) -> None:
    assert permissions(policy(**change)) == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_what_is_not_a_policy_permits_nothing(text: str) -> None:
    assert permissions(text) == ()
