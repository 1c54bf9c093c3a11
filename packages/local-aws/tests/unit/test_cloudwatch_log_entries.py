from __future__ import annotations

import shlex
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest
from local_aws.cloudwatch.log_entries import access_log_entry, connection_log_entry
from local_aws.load_balancer.configuration import Redirect, Transform
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response, error_page
from local_aws.load_balancer.rules import BlockedByWebAcl, InvokeFunction, NoTarget, RoutingDecision
from local_aws_tests.completed_requests import (
    API,
    BALANCER,
    CLIENT,
    GROUP,
    TRACE,
    completed,
    failed,
    not_found,
    unreadable,
)
from local_aws_tests.load_balancer_models import FUNCTION, forward, request, rule

NAMES = """
    type time elb client:port target:port request_processing_time target_processing_time
    response_processing_time elb_status_code target_status_code received_bytes sent_bytes
    request user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name
    chosen_cert_arn matched_rule_priority request_creation_time actions_executed redirect_url
    error_reason target:port_list target_status_code_list classification classification_reason
    conn_trace_id transformed_host transformed_uri request_transform_status
"""
FIELDS = NAMES.split()


def line(of: Any, *, has_web_acl: bool = False) -> str:
    return access_log_entry(of, BALANCER, has_web_acl=has_web_acl)


def fields(of: Any, *, has_web_acl: bool = False) -> dict[str, str]:
    return dict(zip(FIELDS, shlex.split(line(of, has_web_acl=has_web_acl)), strict=True))


def test_a_function_response_has_every_field() -> None:
    assert line(completed()) == (
        "http 2023-11-14T22:13:20.262300Z app/lb/50dc6c495c0c9188 192.0.2.1:50000 - "
        '0.000 0.012 0.000 200 200 34 366 "GET http://www.example.com:80/api/foo HTTP/1.1" "-" '
        f'- - {GROUP.arn} "{TRACE}" "-" "-" 20 2023-11-14T22:13:20.250000Z "forward" "-" "-" '
        '"-" "-" "-" "-" TID_7d15a1935077a44b91952330c3dc3ed8 "-" "-" "-"'
    )


def test_an_unreadable_request_has_only_the_fields_of_its_connection() -> None:
    reason = ClassificationReason.BAD_VERSION
    assert line(unreadable(classification_reason=reason)) == (
        "http 2023-11-14T22:13:20.262300Z app/lb/50dc6c495c0c9188 192.0.2.1:50000 - "
        '-1 -1 -1 400 - 0 272 "- http://lb.eu-west-1.elb.amazonaws.com:80- -" "-" - - - '
        '"-" "-" "-" - 2023-11-14T22:13:20.250000Z "-" "-" "-" "-" "-" "Severe" "BadVersion" '
        'TID_7d15a1935077a44b91952330c3dc3ed8 "-" "-" "-"'
    )


def test_a_fixed_response_of_the_default_rule_has_priority_0_and_no_times() -> None:
    found = fields(not_found())
    times = [found[f"{each}_processing_time"] for each in ("request", "target", "response")]
    assert times == ["-1", "-1", "-1"]
    assert (found["elb_status_code"], found["target_status_code"]) == ("404", "-")
    assert (found["matched_rule_priority"], found["target_group_arn"]) == ("0", "-")
    assert found["actions_executed"] == "fixed-response"
    assert found["trace_id"].startswith("Root=1-")


@pytest.mark.parametrize("reason", ["LambdaInvalidResponse", "LambdaUnhandled", "LambdaThrottling"])
def test_a_failed_function_has_its_error_reason(reason: str) -> None:
    found = fields(failed(reason))
    assert (found["elb_status_code"], found["target_status_code"]) == ("502", "-")
    assert (found["error_reason"], found["actions_executed"]) == (reason, "forward")
    assert (found["target_processing_time"], found["trace_id"]) == ("0.012", TRACE)


def test_a_request_without_an_event_was_not_dispatched() -> None:
    found = fields(failed("LambdaBadRequest", 400, trace_id=None))
    assert (found["target_processing_time"], found["error_reason"]) == ("-1", "LambdaBadRequest")


def test_a_redirect_has_its_url() -> None:
    redirect = Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    decision = RoutingDecision(rule(5, redirect), redirect)
    answer = Response(301, (("Location", "https://www.example.com:443/api/foo"),))
    found = fields(completed(decision=decision, trace_id=None, response=answer))
    assert found["redirect_url"] == "https://www.example.com:443/api/foo"
    assert (found["actions_executed"], found["matched_rule_priority"]) == ("redirect", "5")


def test_a_target_group_without_targets_is_named() -> None:
    empty = replace(GROUP, target_ids=())
    decision = RoutingDecision(rule(7, forward(empty)), NoTarget())
    found = fields(completed(decision=decision, trace_id=None, response=error_page(503)))
    assert (found["target_group_arn"], found["actions_executed"]) == (GROUP.arn, "forward")
    assert (found["elb_status_code"], found["target_status_code"]) == ("503", "-")


def test_a_transformed_uri_is_beside_the_original_request() -> None:
    transforms = (Transform("url-rewrite", (("^/api/(.*)", "/v1/$1"),)),)
    changing = replace(rule(7, forward(GROUP)), transforms=transforms)
    found = fields(completed(decision=RoutingDecision(changing, InvokeFunction(GROUP, FUNCTION))))
    assert found["request"] == "GET http://www.example.com:80/api/foo HTTP/1.1"
    assert (found["transformed_host"], found["transformed_uri"]) == ("-", "/v1/foo")
    assert found["request_transform_status"] == "TransformSuccess"


def test_a_request_blocked_by_waf_has_no_rule() -> None:
    blocked = completed(
        decision=RoutingDecision(None, BlockedByWebAcl()), trace_id=None, response=error_page(403)
    )
    found = fields(blocked, has_web_acl=True)
    assert (found["elb_status_code"], found["actions_executed"]) == ("403", "waf")
    assert (found["matched_rule_priority"], found["target_group_arn"]) == ("-", "-")


def test_with_a_web_acl_waf_is_the_first_action() -> None:
    assert fields(completed(), has_web_acl=True)["actions_executed"] == "waf,forward"
    assert fields(not_found(), has_web_acl=True)["actions_executed"] == "waf,fixed-response"
    assert fields(unreadable(), has_web_acl=True)["actions_executed"] == "-"


def test_the_priority_of_a_failed_evaluation_is_minus_one() -> None:
    broken = completed(decision=None, trace_id=None, response=error_page(500, close=True))
    assert fields(broken)["matched_rule_priority"] == "-1"


@pytest.mark.parametrize(
    ("classification_reason", "classification"),
    [
        (None, "-"),
        (ClassificationReason.SPACE_IN_URI, "Acceptable"),
        (ClassificationReason.BOTH_TE_CL_PRESENT, "Ambiguous"),
        (ClassificationReason.BAD_HEADER, "Severe"),
    ],
)
def test_a_request_has_its_desync_classification(
    classification_reason: ClassificationReason | None, classification: str
) -> None:
    found = fields(completed(classification_reason=classification_reason))
    assert (found["classification"], found["classification_reason"]) == (
        classification,
        classification_reason or "-",
    )


def request_with(**headers: str) -> Request:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return request("/a", "q=1&r", headers=pairs)


def test_the_request_line_has_the_port_of_the_listener_and_the_raw_query() -> None:
    found = fields(completed(request=request_with(host="127.0.0.1:8080"), version="HTTP/1.0"))
    assert found["request"] == "GET http://127.0.0.1:80/a?q=1&r HTTP/1.0"


def test_a_request_without_a_host_has_the_name_of_the_load_balancer() -> None:
    found = fields(completed(request=request_with()))
    assert found["request"] == "GET http://lb.eu-west-1.elb.amazonaws.com:80/a?q=1&r HTTP/1.1"


@pytest.mark.parametrize(
    ("agent", "written"),
    [
        ("curl/8.5.0", "curl/8.5.0"),
        ('a "b" c', r"a \x22b\x22 c"),
        ("back\\slash", r"back\x5Cslash"),
        ("tab\there", r"tab\x09here"),
        ("é", r"\xC3\xA9"),
        ("\udcff", r"\xFF"),
        ("", "-"),
    ],
)
def test_special_characters_are_escaped(agent: str, written: str) -> None:
    assert f'"{written}" - -' in line(completed(request=request_with(user_agent=agent)))


def test_a_user_agent_is_cut_after_8_kb() -> None:
    assert f'"{"a" * 8192}" - -' in line(completed(request=request_with(user_agent="a" * 10_000)))


def test_a_connection_log_entry_has_no_tls_fields() -> None:
    client = replace(CLIENT, address=ip_address("2001:db8::1"))
    assert connection_log_entry(API, client, 1_700_000_000.5) == (
        "2023-11-14T22:13:20.500000Z 2001:db8::1 50000 80 - - - "
        '"-" - - - TID_7d15a1935077a44b91952330c3dc3ed8'
    )
