"""Items 19 to 24: limits and errors."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.balanced import eventually
from local_aws_tests.conformance import Balancers, Rule, forward, path
from local_aws_tests.raw_http import Reply, http

MEGABYTE = 1_048_576


def posted(body: bytes) -> bytes:
    # A response with the event would exceed the limit of responses.
    return http("POST /large/1", f"Content-Length: {len(body)}", body=body)


@pytest.mark.item(19)
def test_a_request_body_has_at_most_a_megabyte(balancers: Balancers) -> None:
    assert balancers.listener().send(posted(b"x" * MEGABYTE)).status == 200
    assert balancers.listener().send(posted(b"x" * (MEGABYTE + 1))).status == 413


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
def test_body_and_headers_of_a_response_have_limits(
    balancers: Balancers, path: str, status: int
) -> None:
    assert balancers.listener().get(path).status == status


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
def test_request_line_and_headers_have_limits(
    balancers: Balancers, sent: bytes, status: int
) -> None:
    assert balancers.listener().send(sent).status == status


@pytest.mark.item(21)
@pytest.mark.parametrize("path", ["/raise", "/sleep/9", "/respond/00"])
def test_a_function_without_a_valid_response_is_a_502(balancers: Balancers, path: str) -> None:
    assert balancers.listener().get(path).status == 502


def forward_to_function(balancers: Balancers, name: str, *, allowed: bool = True) -> dict[str, Any]:
    """Return the action that forwards to another function."""
    arn = balancers.function(name)
    if allowed:
        balancers.allow(name)
    group = balancers.group(name, empty=True)
    balancers.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    return forward(group)


@pytest.mark.item(21)
def test_a_throttled_or_forbidden_function_is_a_502(balancers: Balancers) -> None:
    throttled, forbidden = (
        forward_to_function(balancers, "throttled"),
        forward_to_function(balancers, "forbidden", allowed=False),
    )
    balancers.service.functions.put_function_concurrency(
        FunctionName="throttled", ReservedConcurrentExecutions=0
    )
    listener = balancers.with_rules(
        Rule(throttled, path("/throttled")),
        Rule(forbidden, path("/forbidden")),
    )
    assert [listener.get(each).status for each in ("/throttled", "/forbidden")] == [502, 502]
    log = balancers.plane.log.read_text()
    assert "LambdaThrottling" in log
    assert "LambdaAccessDenied" in log


@pytest.mark.item(22)
def test_a_target_group_without_targets_is_a_503(balancers: Balancers) -> None:
    listener = balancers.with_rules(Rule(forward(balancers.group("empty", empty=True))))
    assert listener.get("/a").status == 503


@pytest.mark.item(22)
def test_the_idle_timeout_applies_to_clients_and_not_to_functions(balancers: Balancers) -> None:
    listener = balancers.listener("impatient", {"idle_timeout.timeout_seconds": "1"})
    assert listener.get("/sleep/1.7").status == 200
    assert listener.send(b"GET /a HTTP/1.1\r\nHost: a").status == 408


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
def test_unsupported_requests_are_refused(balancers: Balancers, sent: bytes, status: int) -> None:
    assert balancers.listener().send(sent).status == status


@pytest.mark.item(23)
def test_a_request_that_the_web_acl_blocks_is_a_403(balancers: Balancers) -> None:
    listener = balancers.listener("guarded")
    waf = balancers.account.client("wafv2")
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
    balancer = balancers.elb.describe_load_balancers(Names=["guarded"])["LoadBalancers"][0]
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer["LoadBalancerArn"])

    def blocked() -> Reply | None:
        reply = listener.get("/bad")
        return reply if reply.status == 403 else None

    assert b"403 Forbidden" in eventually(blocked).body
    assert listener.get("/good").status == 200


@pytest.mark.item(24)
def test_a_second_function_in_a_target_group_is_refused(balancers: Balancers) -> None:
    group = balancers.group("single")
    other = balancers.service.alias.removesuffix(":live")
    with pytest.raises(ClientError, match="one Lambda function"):
        balancers.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": other}])
