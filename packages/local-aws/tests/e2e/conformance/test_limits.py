"""Items 19 to 24: sizes, and what goes wrong."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.balanced import eventually
from local_aws_tests.conformance import Rule, Stage, when
from local_aws_tests.raw_http import Reply, http

MEGABYTE = 1_048_576


def posted(body: bytes) -> bytes:
    # An answer that held the event would be over the limit of responses.
    return http("POST /large/1", f"Content-Length: {len(body)}", body=body)


@pytest.mark.item(19)
def test_a_request_body_has_at_most_a_megabyte(stage: Stage) -> None:
    assert stage.site().send(posted(b"x" * MEGABYTE)).status == 200
    assert stage.site().send(posted(b"x" * (MEGABYTE + 1))).status == 413


@pytest.mark.item(19)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/large/1048000", 200),
        ("/large/1048576", 502),
        ("/header/32000", 200),
        ("/header/32768", 502),
    ],
)
def test_a_response_has_its_limits_too(stage: Stage, path: str, status: int) -> None:
    assert stage.site().get(path).status == status


@pytest.mark.item(20)
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (http("GET /a", f"X-A: {'x' * 16_000}"), 200),
        (http("GET /a", f"X-A: {'x' * 16_384}"), 400),
        (http("GET /a", *(f"X-{number}: {'x' * 16_000}" for number in range(4))), 200),
        (http("GET /a", *(f"X-{number}: {'x' * 16_000}" for number in range(5))), 400),
        (http(f"GET /{'a' * 16_000}"), 200),
        (http(f"GET /{'a' * 16_384}"), 414),
    ],
)
def test_heads_have_limits(stage: Stage, sent: bytes, status: int) -> None:
    assert stage.site().send(sent).status == status


@pytest.mark.item(21)
@pytest.mark.parametrize("path", ["/raise", "/sleep/9", "/play/00"])
def test_a_function_that_gives_no_answer_is_a_502(stage: Stage, path: str) -> None:
    assert stage.site().get(path).status == 502


def behind(stage: Stage, name: str, *, allowed: bool = True) -> dict[str, Any]:
    """The action that forwards to another function, of this name."""
    arn = stage.function(name)
    if allowed:
        stage.allow(name)
    group = stage.group(name, empty=True)
    stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    return forward(group)


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}


ANY = (when("path-pattern", Values=["*"]),)


@pytest.mark.item(21)
def test_a_function_that_is_throttled_or_may_not_be_invoked_is_a_502(stage: Stage) -> None:
    throttled, forbidden = behind(stage, "throttled"), behind(stage, "forbidden", allowed=False)
    stage.service.functions.put_function_concurrency(
        FunctionName="throttled", ReservedConcurrentExecutions=0
    )
    site = stage.rules(
        Rule((when("path-pattern", Values=["/throttled"]),), throttled),
        Rule((when("path-pattern", Values=["/forbidden"]),), forbidden),
    )
    assert [site.get(path).status for path in ("/throttled", "/forbidden")] == [502, 502]
    log = stage.plane.log.read_text()
    assert "LambdaThrottling" in log
    assert "LambdaAccessDenied" in log


@pytest.mark.item(22)
def test_a_group_without_a_target_is_a_503(stage: Stage) -> None:
    site = stage.rules(Rule(ANY, forward(stage.group("empty", empty=True))))
    assert site.get("/a").status == 503


@pytest.mark.item(22)
def test_the_idle_timeout_is_for_clients_and_not_for_functions(stage: Stage) -> None:
    site = stage.site("impatient", {"idle_timeout.timeout_seconds": "1"})
    assert site.get("/sleep/1.7").status == 200
    assert site.send(b"GET /a HTTP/1.1\r\nHost: a").status == 408


@pytest.mark.item(23)
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (http("TRACE /a"), 405),
        (http("POST /a", "Transfer-Encoding: gzip"), 501),
        (http("POST /a", "Transfer-Encoding: gzip, chunked"), 501),
        (http("GET /a", "Upgrade: websocket", "Connection: Upgrade"), 400),
    ],
)
def test_what_cannot_be_done_is_refused(stage: Stage, sent: bytes, status: int) -> None:
    assert stage.site().send(sent).status == status


@pytest.mark.item(23)
def test_what_the_web_acl_blocks_is_a_403(stage: Stage) -> None:
    site = stage.site("guarded")
    waf = stage.account.client("wafv2")
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False}
    search = {
        "SearchString": b"/bad",
        "FieldToMatch": {"UriPath": {}},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        "PositionalConstraint": "STARTS_WITH",
    }
    acl = waf.create_web_acl(
        Name="guard",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={**visible, "MetricName": "guard"},
        Rules=[
            {
                "Name": "bad",
                "Priority": 0,
                "Action": {"Block": {}},
                "Statement": {"ByteMatchStatement": search},
                "VisibilityConfig": {**visible, "MetricName": "bad"},
            }
        ],
    )["Summary"]
    balancer = stage.elb.describe_load_balancers(Names=["guarded"])["LoadBalancers"][0]
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer["LoadBalancerArn"])

    def blocked() -> Reply | None:
        reply = site.get("/bad")
        return reply if reply.status == 403 else None

    assert b"403 Forbidden" in eventually(blocked).body
    assert site.get("/good").status == 200


@pytest.mark.item(24)
def test_a_second_function_is_not_taken_into_a_group(stage: Stage) -> None:
    group = stage.group("single")
    other = stage.service.alias.removesuffix(":live")
    with pytest.raises(ClientError, match="one Lambda function"):
        stage.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": other}])
