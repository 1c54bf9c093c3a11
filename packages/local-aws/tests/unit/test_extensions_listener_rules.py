from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import Plane

FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}


def url(regex: str, replacement: str) -> dict[str, Any]:
    rewrites = [{"Regex": regex, "Replace": replacement}]
    return {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": rewrites}}


URL = url("^/a/(.*)$", "/$1")
HOST = {
    "Type": "host-header-rewrite",
    "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "^www", "Replace": "api"}]},
}
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:api"


class Rules:
    """A listener, its rules, and target groups."""

    def __init__(self, plane: Plane) -> None:
        self.elb = plane.client("elbv2")
        self.balancer = plane.create_load_balancer()
        self.listener = self.elb.create_listener(
            LoadBalancerArn=self.balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[FIXED],
        )["Listeners"][0]["ListenerArn"]
        self._priority = 0

    def add(self, *conditions: dict[str, Any], **rule: Any) -> str:
        """Create a rule and return its ARN."""
        self._priority += 1
        arn: str = self.elb.create_rule(
            ListenerArn=self.listener,
            Priority=self._priority,
            Conditions=list(conditions) or [path("/a")],
            **{"Actions": [FIXED], **rule},
        )["Rules"][0]["RuleArn"]
        return arn

    def read(self, arn: str) -> Any:
        return self.elb.describe_rules(RuleArns=[arn])["Rules"][0]

    def group(self, name: str = "tg") -> str:
        made = self.elb.create_target_group(Name=name, TargetType="lambda")["TargetGroups"][0]
        arn: str = made["TargetGroupArn"]
        return arn


@pytest.fixture
def rules(plane: Plane) -> Rules:
    return Rules(plane)


def path(*values: str, **others: Any) -> dict[str, Any]:
    configuration = {"Values": list(values)} if values else {}
    return {"Field": "path-pattern", "PathPatternConfig": {**configuration, **others}}


def source(*values: str) -> dict[str, Any]:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(values)}}


def header(*values: str) -> dict[str, Any]:
    configuration = {"HttpHeaderName": "x-env", "Values": list(values)}
    return {"Field": "http-header", "HttpHeaderConfig": configuration}


def query(**pair: str) -> dict[str, Any]:
    return {"Field": "query-string", "QueryStringConfig": {"Values": [pair]}}


def redirect(**parts: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **parts}}


def forward(groups: list[str], **configuration: Any) -> dict[str, Any]:
    tuples = [{"TargetGroupArn": arn, "Weight": 1} for arn in groups]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": tuples, **configuration}}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([path("/a"), path("/b")], "only have one 'path-pattern'"),
        ([path("/1", "/2", "/3", "/4", "/5", "/6")], "only have '5' condition values"),
        ([path("/1", "/2", "/3"), header("a", "b", "c")], "only have '5' condition values"),
        ([path("/*/*/*"), header("???")], "only have '5' condition wildcards"),
        ([path("/*/*/*"), query(Key="*", Value="**")], "only have '5' condition wildcards"),
        ([path(RegexValues=["(?=a)"])], "is not a regular expression"),
        ([path(RegexValues=["("])], "is not a regular expression"),
        ([source("192.0.2.1")], "CIDR format"),
        ([source("192.0.2.0/33")], "CIDR format"),
        ([source("10.0.0.0/8", "anywhere")], "CIDR format"),
        ([path(RegexValues=["a" * 129])], "at most '128' characters"),
        ([{**query(Value="a"), "RegexValues": ["a"]}], "has no regular expressions"),
    ],
)
def test_conditions_beyond_the_limits_are_refused(
    rules: Rules, conditions: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refused:
        rules.add(*conditions)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_conditions_at_the_limits_are_accepted(rules: Rules) -> None:
    rules.add(path("/1*", "/2*", "/3*", "/4*", "/5*"))
    rules.add(header("a"), header("b"), query(Value="c"), query(Value="d"))


def test_regular_expressions_are_kept(rules: Rules) -> None:
    arn = rules.add(path(RegexValues=["^/a[0-9]+$"]))
    conditions = rules.read(arn)["Conditions"]
    assert conditions[0]["PathPatternConfig"]["RegexValues"] == ["^/a[0-9]+$"]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            {
                "Type": "fixed-response",
                "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "x" * 1025},
            },
            "at most '1024' characters",
        ),
        (redirect(), "must change"),
        (redirect(Host="#{host}", Path="/#{path}", Query="#{query}"), "must change"),
        ({"Type": "redirect", "RedirectConfig": {"Path": "/", "StatusCode": "307"}}, "HTTP_302"),
        (redirect(Protocol="FTP"), "protocol of a redirect"),
        (redirect(Port="0"), "port of a redirect"),
        (redirect(Port="65536"), "port of a redirect"),
        (redirect(Port="#{host}"), "port of a redirect"),
        (redirect(Path="x"), "path of a redirect"),
    ],
)
def test_invalid_actions_are_refused(rules: Rules, action: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        rules.add(Actions=[action])
    assert len(rules.elb.describe_rules(ListenerArn=rules.listener)["Rules"]) == 1


def test_a_redirect_may_change_the_query_only(rules: Rules) -> None:
    arn = rules.add(Actions=[redirect(Port="443", Query="")])
    assert rules.read(arn)["Actions"][0]["RedirectConfig"]["Port"] == "443"
    rules.add(
        source("10.0.0.0/8", "2001:db8::/32"),
        Actions=[redirect(Protocol="#{protocol}", Port="65535", Path="/#{path}")],
    )


def test_a_redirect_from_https_to_http_is_refused(rules: Rules) -> None:
    with pytest.raises(ClientError, match="from HTTPS to HTTP"):
        rules.elb.create_listener(
            LoadBalancerArn=rules.balancer,
            Protocol="HTTPS",
            Port=443,
            DefaultActions=[redirect(Protocol="HTTP", Port="80")],
        )


def test_a_forward_has_at_most_five_groups_with_weights_up_to_999(rules: Rules) -> None:
    groups = [rules.group(f"g{number}") for number in range(6)]
    rules.add(Actions=[forward(groups[:5])])
    with pytest.raises(ClientError, match="only have '5' target groups"):
        rules.add(Actions=[forward(groups)])
    heavy = {"TargetGroupArn": groups[0], "Weight": 1000}
    with pytest.raises(ClientError, match="between 0 and 999"):
        rules.add(Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": [heavy]}}])
    sticky = {"Enabled": True, "DurationSeconds": 604_801}
    with pytest.raises(ClientError, match="604800 seconds"):
        rules.add(Actions=[forward(groups[:2], TargetGroupStickinessConfig=sticky)])


def test_a_load_balancer_has_at_most_a_hundred_rules(rules: Rules) -> None:
    for _ in range(100):
        rules.add()
    with pytest.raises(ClientError, match="'100' rules") as refused:
        rules.add()
    assert refused.value.response["Error"]["Code"] == "TooManyRules"


def test_two_rules_swap_their_priorities_in_one_call(rules: Rules) -> None:
    first, second, third = rules.add(), rules.add(), rules.add()

    def move(*priorities: tuple[str, int]) -> None:
        rules.elb.set_rule_priorities(
            RulePriorities=[{"RuleArn": arn, "Priority": number} for arn, number in priorities]
        )

    def order() -> list[str]:
        return [rules.read(arn)["Priority"] for arn in (first, second, third)]

    move((first, 2), (second, 1))
    assert order() == ["2", "1", "3"]
    move((first, 2))
    for conflict in ([(first, 3)], [(first, 9), (second, 9)], [(first, 9), (second, 3)]):
        with pytest.raises(ClientError, match=r"in use|multiple times"):
            move(*conflict)
        assert order() == ["2", "1", "3"]


def test_transforms_are_kept_changed_and_reset(rules: Rules, plane: Plane) -> None:
    arn = rules.add(Transforms=[URL, HOST])
    assert rules.read(arn)["Transforms"] == [URL, HOST]
    rules.elb.modify_rule(RuleArn=arn, Conditions=[path("/b")])
    assert rules.read(arn)["Transforms"] == [URL, HOST]
    rules.elb.modify_rule(RuleArn=arn, Transforms=[URL])
    plane.save_and_restore()
    assert rules.read(arn)["Transforms"] == [URL]
    rules.elb.modify_rule(RuleArn=arn, ResetTransforms=True, Conditions=[path("/c")])
    assert "Transforms" not in rules.read(arn) or rules.read(arn)["Transforms"] == []
    assert rules.read(arn)["Conditions"][0]["PathPatternConfig"]["Values"] == ["/c"]


@pytest.mark.parametrize(
    ("transforms", "message"),
    [
        ([URL, URL], "only have one 'url-rewrite'"),
        ([{"Type": "url-rewrite"}], "one rewrite"),
        ([{"Type": "body-rewrite"}], "must be one of"),
        ([url("(?!a)", "/")], "is not a regular expression"),
        ([url("a", "/" * 1025)], "at most '1024' characters"),
    ],
)
def test_invalid_transforms_are_refused(
    rules: Rules, transforms: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        rules.add(Transforms=transforms)
    assert len(rules.elb.describe_rules(ListenerArn=rules.listener)["Rules"]) == 1


def test_the_default_rule_has_no_transforms(rules: Rules) -> None:
    default = rules.elb.describe_rules(ListenerArn=rules.listener)["Rules"][0]["RuleArn"]
    with pytest.raises(ClientError, match="default rule"):
        rules.elb.modify_rule(RuleArn=default, Transforms=[URL])


def test_a_target_group_has_one_function(rules: Rules) -> None:
    group = rules.group()
    rules.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": FUNCTION}])
    rules.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": FUNCTION}])
    with pytest.raises(ClientError, match="only have one Lambda function") as refused:
        rules.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": f"{FUNCTION}:live"}])
    assert refused.value.response["Error"]["Code"] == "TooManyTargets"


def test_a_function_without_health_checks_is_unavailable(rules: Rules) -> None:
    group = rules.group()
    rules.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": FUNCTION}])
    health = rules.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(each["TargetHealth"]["State"], each["TargetHealth"]["Reason"]) for each in health] == [
        ("unavailable", "Target.HealthCheckDisabled")
    ]
    rules.elb.modify_target_group(TargetGroupArn=group, HealthCheckEnabled=True)
    health = rules.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert health[0]["TargetHealth"]["State"] == "healthy"
