from __future__ import annotations

from ipaddress import ip_network
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
    QueryString,
    Redirect,
    RequestMethod,
    SourceIp,
    TargetGroup,
    Transform,
    Unsupported,
)

BALANCER = {
    "LoadBalancerArn": "arn:lb",
    "LoadBalancerName": "lb",
    "DNSName": "lb-1.eu-west-1.elb.amazonaws.com",
}
GROUP = TargetGroup("arn:tg", "lambda", ("arn:function",))


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}, PathPattern(("/a",))),
        ({"Field": "path-pattern", "Values": ["/a"]}, PathPattern(("/a",))),
        ({"Field": "host-header", "HostHeaderConfig": {"Values": ["a.b"]}}, HostHeader(("a.b",))),
        (
            {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-Env", "Values": ["dev"]},
            },
            HttpHeader("x-env", ("dev",)),
        ),
        (
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
            RequestMethod(("GET",)),
        ),
        (
            {
                "Field": "query-string",
                "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}, {"Value": "2"}]},
            },
            QueryString((("v", "1"), (None, "2"))),
        ),
        (
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "2001:db8::/32"]}},
            SourceIp((ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))),
        ),
        (
            {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}},
            PathPattern((), ("^/a",)),
        ),
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


def test_a_forward_has_a_short_and_a_long_form() -> None:
    short = reader.action([{"Type": "forward", "TargetGroupArn": "arn:tg"}], {"arn:tg": GROUP})
    configuration = {"TargetGroups": [{"TargetGroupArn": "arn:tg", "Weight": 1}]}
    long = reader.action([{"Type": "forward", "ForwardConfig": configuration}], {"arn:tg": GROUP})
    assert short == long
    assert isinstance(short, Forward)
    assert short.groups[0].group == GROUP


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


def test_stickiness_applies_only_to_several_groups() -> None:
    def action(*arns: str) -> Any:
        configuration = {
            "TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in arns],
            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
        }
        return reader.action([{"Type": "forward", "ForwardConfig": configuration}], {})

    assert action("a").sticky_seconds is None
    assert action("a", "b").sticky_seconds == 60


def test_actions_before_the_last_one_are_unsupported() -> None:
    items = [
        {"Type": "forward", "Order": 2, "TargetGroupArn": "arn:tg"},
        {"Type": "authenticate-oidc", "Order": 1},
    ]
    assert reader.action(items, {}) == Unsupported("the action authenticate-oidc")


def test_fixed_response_and_redirect_have_defaults() -> None:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    assert reader.action([fixed], {}) == FixedResponse(404, "text/plain", "")
    sent = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTPS"}}
    expected = Redirect(301, "HTTPS", "#{host}", "#{port}", "/#{path}", "#{query}")
    assert reader.action([sent], {}) == expected


def test_rules_are_in_order_of_priority_with_the_default_rule_last() -> None:
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    rules = [
        {"RuleArn": f"arn:{priority}", "Priority": priority, "Actions": fixed}
        for priority in ("default", "10", "9", "100")
    ]
    item = {"ListenerArn": "arn:listener", "Port": 80, "Protocol": "HTTP"}
    listener = reader.listener(BALANCER, item, rules, Attributes(), [], {})
    assert [each.priority for each in listener.rules] == [9, 10, 100, None]
    assert listener.unsupported is None


@pytest.mark.parametrize(
    ("protocol", "unsupported"),
    [("HTTP", None), ("HTTPS", None), ("TCP", Unsupported("TCP listeners"))],
)
def test_a_listener_with_another_protocol_is_unsupported(
    protocol: str, unsupported: Unsupported | None
) -> None:
    item = {"ListenerArn": "arn:listener", "Port": 443, "Protocol": protocol}
    assert reader.listener(BALANCER, item, [], Attributes(), [], {}).unsupported == unsupported


def test_transforms_keep_their_order() -> None:
    def rewrites(name: str, regex: str) -> dict[str, Any]:
        configuration = {"Rewrites": [{"Regex": regex, "Replace": "$1"}]}
        return {"Type": name, f"{name.title().replace('-', '')}Config": configuration}

    item = {
        "RuleArn": "arn:1",
        "Priority": "1",
        "Actions": [{"Type": "forward", "TargetGroupArn": "arn:tg"}],
        "Transforms": [rewrites("url-rewrite", "(a)"), rewrites("host-header-rewrite", "(b)")],
    }
    assert reader.rule(item, {}).transforms == (
        Transform("url-rewrite", (("(a)", "$1"),)),
        Transform("host-header-rewrite", (("(b)", "$1"),)),
    )


def test_missing_attributes_have_awss_defaults() -> None:
    assert reader.attributes([]) == Attributes()
    sent = [
        {"Key": "idle_timeout.timeout_seconds", "Value": "30"},
        {"Key": "routing.http.xff_header_processing.mode", "Value": "remove"},
        {"Key": "routing.http.preserve_host_header.enabled", "Value": "true"},
        {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
        {"Key": "routing.http.desync_mitigation_mode", "Value": "strictest"},
        {"Key": "deletion_protection.enabled", "Value": "true"},
    ]
    assert reader.attributes(sent) == Attributes(
        idle_timeout_seconds=30,
        xff_mode="remove",
        preserve_host_header=True,
        drop_invalid_headers=True,
        desync_mode="strictest",
    )


def test_a_target_group_has_targets_and_a_header_mode() -> None:
    group = reader.target_group(
        {"TargetGroupArn": "arn:tg", "TargetType": "lambda"},
        [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}],
        [{"Target": {"Id": "arn:function"}}],
    )
    assert group == TargetGroup("arn:tg", "lambda", ("arn:function",), multi_value_headers=True)


def test_health_checks_are_disabled_by_default() -> None:
    def check(**item: Any) -> HealthCheck | None:
        return reader.target_group({"TargetGroupArn": "arn:tg", **item}, [], []).health_check

    assert check() is None
    assert check(HealthCheckEnabled=False, HealthCheckIntervalSeconds=35) is None
    assert check(HealthCheckEnabled=True) == HealthCheck()
    assert check(
        HealthCheckEnabled=True,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=10,
        HealthCheckTimeoutSeconds=3,
        HealthyThresholdCount=3,
        UnhealthyThresholdCount=4,
        Matcher={"HttpCode": "200-299"},
    ) == HealthCheck("/health", 10, 3, 3, 4, "200-299")


def test_empty_response_headers_are_ignored() -> None:
    pairs = [
        {"Key": "routing.http.response.x_content_type_options.header_value", "Value": "nosniff"},
        {"Key": "routing.http.response.x_frame_options.header_value", "Value": ""},
        {"Key": "routing.http.response.server.enabled", "Value": "true"},
        {"Key": "tcp.idle_timeout.seconds", "Value": "350"},
    ]
    assert reader.response_headers(pairs) == (("X-Content-Type-Options", "nosniff"),)
