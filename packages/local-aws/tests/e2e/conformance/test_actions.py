"""Items 27 to 30: what a rule does with a request."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.conformance import Rule, Site, Stage, says, when
from local_aws_tests.raw_http import http

ANY = (when("path-pattern", Values=["*"]),)


def group_of(site: Site, *headers: str) -> str:
    """The ARN of the target group that a request goes to."""
    event = site.event(http("GET /a", *headers))
    arn: str = event["requestContext"]["elb"]["targetGroupArn"]
    return arn


def shared(*weights: tuple[str, int], sticky_seconds: int | None = None) -> dict[str, Any]:
    """The action that forwards to groups with these weights."""
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
def test_a_fixed_response_is_given_as_it_is_configured(stage: Stage) -> None:
    statuses = (200, 299, 404, 418, 503)
    site = stage.rules(
        *(
            Rule((when("path-pattern", Values=[f"/{status}"]),), says("x" * 1024, status))
            for status in statuses
        )
    )
    for status in statuses:
        reply = site.get(f"/{status}")
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
def test_a_fixed_response_beyond_its_limits_is_not_taken(
    stage: Stage, response: dict[str, str]
) -> None:
    action = {"Type": "fixed-response", "FixedResponseConfig": response}
    with pytest.raises(ClientError):
        stage.refused(Rule(ANY, action))


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
    return when("http-header", HttpHeaderName="X-Case", Values=[str(number)])


def redirect(**parts: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **parts}}


@pytest.mark.item(28)
def test_a_redirect_keeps_what_it_does_not_set(stage: Stage) -> None:
    site = stage.rules(
        *(
            Rule((in_case(number),), redirect(**parts))
            for number, (parts, _) in enumerate(REDIRECTS)
        )
    )
    for number, (_, location) in enumerate(REDIRECTS):
        reply = site.get("/a?c=d", f"X-Case: {number}")
        expected = location.replace("LOCAL", str(site.local_port))
        assert reply.status == 301
        assert reply.headers["location"] == expected.replace("PORT", str(stage.port(site)))


@pytest.mark.item(28)
def test_a_redirect_may_be_temporary_and_must_change_something(stage: Stage) -> None:
    site = stage.rules(Rule(ANY, redirect(StatusCode="HTTP_302", Host="b.example")))
    assert site.get("/a").status == 302
    for wrong in (redirect(), redirect(StatusCode="HTTP_307", Host="b.example")):
        with pytest.raises(ClientError):
            stage.refused(Rule(ANY, wrong))


@pytest.mark.item(28)
def test_a_redirect_does_not_lead_from_https_to_http(stage: Stage) -> None:
    with pytest.raises(ClientError, match="from HTTPS to HTTP"):
        stage.elb.create_listener(
            LoadBalancerArn=stage.service.load_balancer,
            Port=443,
            Protocol="HTTPS",
            DefaultActions=[redirect(Protocol="HTTP", Port="80")],
        )


@pytest.mark.item(29)
def test_requests_are_shared_by_weight_and_none_goes_where_there_is_none(stage: Stage) -> None:
    blue, green, never = (stage.group(name) for name in ("blue", "green", "never"))
    site = stage.rules(Rule(ANY, shared((blue, 500), (green, 500), (never, 0))))
    seen = {group_of(site) for _ in range(60)}
    assert seen == {blue, green}


@pytest.mark.item(29)
def test_an_empty_group_keeps_its_share(stage: Stage) -> None:
    full, empty = stage.group("blue"), stage.group("empty", empty=True)
    site = stage.rules(Rule(ANY, shared((full, 1), (empty, 1))))
    assert {site.get("/a").status for _ in range(60)} == {200, 503}


@pytest.mark.item(29)
@pytest.mark.parametrize("name", ["AWSALBTG", "AWSALBTGCORS"])
def test_a_cookie_brings_a_client_back_to_its_group(stage: Stage, name: str) -> None:
    groups = [stage.group(color) for color in ("blue", "green")]
    site = stage.rules(Rule(ANY, shared(*((arn, 1) for arn in groups), sticky_seconds=60)))
    reply = site.get("/a")
    cookies = dict(value.split("=", 1) for key, value in reply.pairs if key == "set-cookie")
    assert cookies.keys() == {"AWSALBTG", "AWSALBTGCORS"}
    assert "SameSite=None" in cookies["AWSALBTGCORS"]
    assert all("Expires=" in cookie and "Path=/" in cookie for cookie in cookies.values())
    first = reply.json()["requestContext"]["elb"]["targetGroupArn"]
    cookie = f"Cookie: a=b; {name}={cookies[name].partition(';')[0]}"
    assert {group_of(site, cookie) for _ in range(30)} == {first}


@pytest.mark.item(29)
def test_more_than_five_groups_or_a_weight_beyond_999_are_not_taken(stage: Stage) -> None:
    groups = [stage.group(f"many-{number}", empty=True) for number in range(6)]
    with pytest.raises(ClientError, match="5"):
        stage.refused(Rule(ANY, shared(*((arn, 1) for arn in groups))))
    with pytest.raises(ClientError, match="999"):
        stage.refused(Rule(ANY, shared((groups[0], 1000))))


def rewrite(kind: str, regex: str, replacement: str) -> dict[str, Any]:
    configuration = f"{kind.title().replace('-', '')}Config"
    return {"Type": kind, configuration: {"Rewrites": [{"Regex": regex, "Replace": replacement}]}}


@pytest.mark.item(30)
def test_path_query_and_host_are_rewritten_after_the_match(stage: Stage) -> None:
    transforms = [
        rewrite("url-rewrite", "^/old/([a-z]+)[?](.*)$", "/new?name=$1&$2"),
        rewrite("host-header-rewrite", "^api[.]", "internal."),
    ]
    forward = {"Type": "forward", "TargetGroupArn": stage.group("blue")}
    rule = Rule((when("path-pattern", Values=["/old/*"]),), forward, {"Transforms": transforms})
    site = stage.rules(rule)
    event = site.event(http("GET /old/x?a=b"))
    assert (event["path"], event["queryStringParameters"]) == ("/new", {"name": "x", "a": "b"})
    assert event["headers"]["host"] == f"internal.example.com:{stage.port(site)}"
    assert site.event(http("GET /old/UPPER"))["path"] == "/old/UPPER"


@pytest.mark.item(30)
def test_a_rewrite_that_fails_is_a_500(stage: Stage) -> None:
    forward = {"Type": "forward", "TargetGroupArn": stage.group("blue")}
    transforms = {"Transforms": [rewrite("url-rewrite", "^/a", "no path")]}
    site = stage.rules(Rule((when("path-pattern", Values=["/a"]),), forward, transforms))
    assert site.get("/a").status == 500


@pytest.mark.item(30)
def test_the_default_rule_takes_no_transforms(stage: Stage) -> None:
    rules = stage.elb.describe_rules(ListenerArn=stage.site().arn)["Rules"]
    default = next(rule["RuleArn"] for rule in rules if rule["Priority"] == "default")
    with pytest.raises(ClientError, match="default rule"):
        stage.elb.modify_rule(RuleArn=default, Transforms=[rewrite("url-rewrite", "^/", "/")])
