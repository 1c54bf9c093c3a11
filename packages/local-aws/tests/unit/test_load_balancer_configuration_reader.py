"""Reading of the ELBv2 API, where the conformance tests do not show it."""

from __future__ import annotations

from typing import Any

import pytest
from local_aws.load_balancer import configuration_reader as reader
from local_aws.load_balancer.configuration import (
    Attributes,
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    HostHeader,
    HttpHeader,
    PathPattern,
    TargetGroup,
    Unsupported,
)

BALANCER = {
    "LoadBalancerArn": "arn:lb",
    "LoadBalancerName": "lb",
    "DNSName": "lb-1.eu-west-1.elb.amazonaws.com",
}
GROUP = TargetGroup("arn:tg", "lambda", ("arn:function",))
FIXED = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"Field": "path-pattern", "Values": ["/a"]}, PathPattern(("/a",))),
        ({"Field": "host-header", "RegexValues": ["^a"]}, HostHeader((), ("^a",))),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-Env", "RegexValues": ["^d"]},
            },
            HttpHeader("x-env", (), ("^d",)),
        ),
        ({"Field": "moon-phase"}, Unsupported("the condition moon-phase")),
    ],
)
def test_a_condition_is_read(item: dict[str, Any], expected: Condition) -> None:
    assert reader.condition(item) == expected


def test_a_forward_keeps_the_weight_of_a_missing_group() -> None:
    groups = [
        {"TargetGroupArn": "arn:tg", "Weight": 0},
        {"TargetGroupArn": "arn:gone", "Weight": 9},
    ]
    action = reader.action(
        [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}], {"arn:tg": GROUP}
    )
    assert isinstance(action, Forward)
    assert [(each.weight, each.group) for each in action.groups] == [(0, GROUP), (9, None)]


@pytest.mark.parametrize(("arns", "seconds"), [(("a",), None), (("a", "b"), 60)])
def test_stickiness_applies_only_to_several_groups(
    arns: tuple[str, ...], seconds: int | None
) -> None:
    configuration = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in arns],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    }
    action = reader.action([{"Type": "forward", "ForwardConfig": configuration}], {})
    assert isinstance(action, Forward)
    assert action.sticky_seconds == seconds


def test_actions_before_the_last_one_are_unsupported() -> None:
    items = [
        {"Type": "forward", "Order": 2, "TargetGroupArn": "arn:tg"},
        {"Type": "authenticate-oidc", "Order": 1},
    ]
    assert reader.action(items, {}) == Unsupported("the action authenticate-oidc")


def test_a_fixed_response_is_empty_text_by_default() -> None:
    assert reader.action(FIXED, {}) == FixedResponse(404, "text/plain", "")


@pytest.mark.parametrize(
    ("protocol", "unsupported"),
    [("HTTP", None), ("HTTPS", None), ("TCP", Unsupported("TCP listeners"))],
)
def test_rules_are_in_order_of_priority_and_other_protocols_unsupported(
    protocol: str, unsupported: Unsupported | None
) -> None:
    rules = [
        {"RuleArn": f"arn:{priority}", "Priority": priority, "Actions": FIXED}
        for priority in ("default", "10", "9", "100")
    ]
    item = {"ListenerArn": "arn:listener", "Port": 80, "Protocol": protocol}
    listener = reader.listener(BALANCER, item, rules, Attributes(), [], {})
    assert [each.priority for each in listener.rules] == [9, 10, 100, None]
    assert listener.unsupported == unsupported


def test_missing_attributes_have_awss_defaults() -> None:
    assert reader.attributes([{"Key": "deletion_protection.enabled", "Value": "true"}]) == (
        Attributes()
    )


def test_health_checks_have_settings() -> None:
    group = reader.target_group(
        {
            "TargetGroupArn": "arn:tg",
            "HealthCheckEnabled": True,
            "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 3,
            "HealthyThresholdCount": 3,
            "UnhealthyThresholdCount": 4,
            "Matcher": {"HttpCode": "200-299"},
        },
        [],
        [],
    )
    assert group.health_check == HealthCheck("/health", 10, 3, 3, 4, "200-299")


def test_empty_response_headers_are_ignored() -> None:
    pairs = [
        {"Key": "routing.http.response.x_content_type_options.header_value", "Value": "nosniff"},
        {"Key": "routing.http.response.x_frame_options.header_value", "Value": ""},
        {"Key": "routing.http.response.server.enabled", "Value": "true"},
        {"Key": "tcp.idle_timeout.seconds", "Value": "350"},
    ]
    assert reader.response_headers(pairs) == (("X-Content-Type-Options", "nosniff"),)
