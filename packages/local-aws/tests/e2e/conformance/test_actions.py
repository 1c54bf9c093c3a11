"""Items 27 to 30: actions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.conformance import (
    Balancers,
    Rule,
    ServedListener,
    fixed_response,
    forward,
    header,
    path,
)
from local_aws_tests.raw_http import http


def group_of(listener: ServedListener, *headers: str) -> str:
    """Send a request and return the ARN of its target group."""
    event = listener.event(http("GET /a", *headers))
    arn: str = event["requestContext"]["elb"]["targetGroupArn"]
    return arn


def weighted_forward(
    *weights: tuple[str, int], sticky_seconds: int | None = None
) -> dict[str, Any]:
    """Return the action that forwards to groups with these weights."""
    configuration: dict[str, Any] = {
        "TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights]
    }
    if sticky_seconds is not None:
        configuration["TargetGroupStickinessConfig"] = {
            "Enabled": True,
            "DurationSeconds": sticky_seconds,
        }
    return {"Type": "forward", "ForwardConfig": configuration}


@pytest.mark.item(27)
def test_a_fixed_response_is_sent_as_configured(balancers: Balancers) -> None:
    statuses = (200, 299, 404, 418, 503)
    listener = balancers.with_rules(
        *(Rule(fixed_response("x" * 1024, status), path(f"/{status}")) for status in statuses)
    )
    for status in statuses:
        reply = listener.get(f"/{status}")
        assert (reply.status, reply.body) == (status, b"x" * 1024)
        assert reply.headers["content-type"] == "text/plain"


@pytest.mark.item(27)
@pytest.mark.parametrize(
    "response",
    [
        {"StatusCode": "301"},
        {"StatusCode": "100"},
        {"StatusCode": "200", "MessageBody": "x" * 1025},
        {"StatusCode": "200", "ContentType": "image/png"},
    ],
)
def test_a_fixed_response_beyond_its_limits_is_refused(
    balancers: Balancers, response: dict[str, str]
) -> None:
    action = {"Type": "fixed-response", "FixedResponseConfig": response}
    with pytest.raises(ClientError):
        balancers.create_rule(Rule(action))


REDIRECTS: list[tuple[dict[str, str], str]] = [
    ({"Path": "/b"}, "http://api.example.com:LOCAL/b?c=d"),
    ({"Path": "/b/#{path}"}, "http://api.example.com:LOCAL/b/a?c=d"),
    ({"Path": "/#{host}/#{port}"}, "http://api.example.com:LOCAL/api.example.com/PORT?c=d"),
    ({"Query": "e=f&#{query}"}, "http://api.example.com:LOCAL/a?e=f&c=d"),
    ({"Query": ""}, "http://api.example.com:LOCAL/a"),
    ({"Host": "www.#{host}"}, "http://www.api.example.com:LOCAL/a?c=d"),
    ({"Protocol": "HTTPS", "Port": "443"}, "https://api.example.com:443/a?c=d"),
]


def in_case(number: int) -> dict[str, Any]:
    return header("X-Case", str(number))


def redirect(**parts: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **parts}}


@pytest.mark.item(28)
def test_a_redirect_keeps_the_parts_that_it_does_not_set(balancers: Balancers) -> None:
    listener = balancers.with_rules(
        *(Rule(redirect(**parts), in_case(number)) for number, (parts, _) in enumerate(REDIRECTS))
    )
    for number, (_, location) in enumerate(REDIRECTS):
        reply = listener.get("/a?c=d", f"X-Case: {number}")
        expected = location.replace("LOCAL", str(listener.local_port))
        assert reply.status == 301
        assert reply.headers["location"] == expected.replace("PORT", str(balancers.port(listener)))


@pytest.mark.item(28)
def test_a_redirect_may_be_temporary_and_must_change_something(balancers: Balancers) -> None:
    listener = balancers.with_rules(Rule(redirect(StatusCode="HTTP_302", Host="b.example")))
    assert listener.get("/a").status == 302
    for wrong in (redirect(), redirect(StatusCode="HTTP_307", Host="b.example")):
        with pytest.raises(ClientError):
            balancers.create_rule(Rule(wrong))


@pytest.mark.item(28)
def test_a_redirect_from_https_to_http_is_refused(balancers: Balancers) -> None:
    with pytest.raises(ClientError, match="from HTTPS to HTTP"):
        balancers.elb.create_listener(
            LoadBalancerArn=balancers.service.load_balancer,
            Port=443,
            Protocol="HTTPS",
            DefaultActions=[redirect(Protocol="HTTP", Port="80")],
        )


@pytest.mark.item(29)
def test_requests_are_shared_by_weight(balancers: Balancers) -> None:
    blue, green, never = (balancers.group(name) for name in ("blue", "green", "never"))
    listener = balancers.with_rules(Rule(weighted_forward((blue, 500), (green, 500), (never, 0))))
    seen = {group_of(listener) for _ in range(60)}
    assert seen == {blue, green}


@pytest.mark.item(29)
def test_a_target_group_without_targets_keeps_its_share(balancers: Balancers) -> None:
    full, empty = balancers.group("blue"), balancers.group("empty", empty=True)
    listener = balancers.with_rules(Rule(weighted_forward((full, 1), (empty, 1))))
    assert {listener.get("/a").status for _ in range(60)} == {200, 503}


@pytest.mark.item(29)
@pytest.mark.parametrize("name", ["AWSALBTG", "AWSALBTGCORS"])
def test_a_stickiness_cookie_selects_the_target_group(balancers: Balancers, name: str) -> None:
    groups = [balancers.group(color) for color in ("blue", "green")]
    listener = balancers.with_rules(
        Rule(weighted_forward(*((arn, 1) for arn in groups), sticky_seconds=60))
    )
    reply = listener.get("/a")
    cookies = dict(value.split("=", 1) for key, value in reply.pairs if key == "set-cookie")
    assert cookies.keys() == {"AWSALBTG", "AWSALBTGCORS"}
    assert "SameSite=None" in cookies["AWSALBTGCORS"]
    assert all("Expires=" in cookie and "Path=/" in cookie for cookie in cookies.values())
    first = reply.json()["requestContext"]["elb"]["targetGroupArn"]
    cookie = f"Cookie: a=b; {name}={cookies[name].partition(';')[0]}"
    assert {group_of(listener, cookie) for _ in range(30)} == {first}


@pytest.mark.item(29)
def test_more_than_five_target_groups_or_a_weight_over_999_are_refused(
    balancers: Balancers,
) -> None:
    groups = [balancers.group(f"many-{number}", empty=True) for number in range(6)]
    with pytest.raises(ClientError, match="5"):
        balancers.create_rule(Rule(weighted_forward(*((arn, 1) for arn in groups))))
    with pytest.raises(ClientError, match="999"):
        balancers.create_rule(Rule(weighted_forward((groups[0], 1000))))


def rewrite(kind: str, regex: str, replacement: str) -> dict[str, Any]:
    configuration = f"{kind.title().replace('-', '')}Config"
    return {"Type": kind, configuration: {"Rewrites": [{"Regex": regex, "Replace": replacement}]}}


@pytest.mark.item(30)
def test_transforms_rewrite_path_query_and_host_after_the_match(balancers: Balancers) -> None:
    transforms = [
        rewrite("url-rewrite", "^/old/([a-z]+)[?](.*)$", "/new?name=$1&$2"),
        rewrite("host-header-rewrite", "^api[.]", "internal."),
    ]
    action = forward(balancers.group("blue"))
    listener = balancers.with_rules(Rule(action, path("/old/*"), transforms=transforms))
    event = listener.event(http("GET /old/x?a=b"))
    assert (event["path"], event["queryStringParameters"]) == ("/new", {"name": "x", "a": "b"})
    assert event["headers"]["host"] == f"internal.example.com:{balancers.port(listener)}"
    assert listener.event(http("GET /old/UPPER"))["path"] == "/old/UPPER"


@pytest.mark.item(30)
def test_a_transform_to_an_invalid_value_is_a_500(balancers: Balancers) -> None:
    transforms = [rewrite("url-rewrite", "^/a", "no path")]
    rule = Rule(forward(balancers.group("blue")), path("/a"), transforms=transforms)
    listener = balancers.with_rules(rule)
    assert listener.get("/a").status == 500


@pytest.mark.item(30)
def test_transforms_on_the_default_rule_are_refused(balancers: Balancers) -> None:
    rules = balancers.elb.describe_rules(ListenerArn=balancers.listener().arn)["Rules"]
    default = next(rule["RuleArn"] for rule in rules if rule["Priority"] == "default")
    with pytest.raises(ClientError, match="default rule"):
        balancers.elb.modify_rule(RuleArn=default, Transforms=[rewrite("url-rewrite", "^/", "/")])
