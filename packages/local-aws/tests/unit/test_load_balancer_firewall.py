from __future__ import annotations

import logging
from dataclasses import replace
from ipaddress import ip_address

import pytest
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.web_acl_filter import WebAclFilter
from local_aws.waf.web_acl import Action, CustomResponse, Rule, WebAcl

REQUEST = Request("GET", "/admin", "", (), b"", ip_address("127.0.0.1"), 40000)
BLOCK = Rule("no-admin", lambda seen: seen.path == "/admin", Action("block"))
ACL = WebAcl("arn", "acl", (BLOCK,), Action("allow"), {})


def guarded(acl: WebAcl | None) -> WebAclFilter:
    firewall = WebAclFilter(clock=lambda: 0.0)
    firewall.use(acl)
    return firewall


def test_without_a_web_acl_every_request_passes() -> None:
    assert guarded(None)(REQUEST) is None


def test_a_blocked_request_gets_the_load_balancers_403() -> None:
    answer = guarded(ACL)(REQUEST)
    assert answer is not None
    assert answer.status == 403
    assert b"403 Forbidden" in answer.body
    assert guarded(ACL)(replace(REQUEST, path="/api/foo")) is None


def test_a_blocked_request_may_get_an_answer_of_the_rules_own() -> None:
    response = CustomResponse(429, "application/json", b"{}", (("retry-after", "60"),))
    own = replace(BLOCK, action=Action("block", response))
    answer = guarded(replace(ACL, rules=(own,)))(REQUEST)
    assert answer is not None
    assert (answer.status, answer.body) == (429, b"{}")
    assert answer.headers == (("Content-Type", "application/json"), ("retry-after", "60"))


def test_what_is_not_evaluated_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    acl = replace(ACL, skipped_rules={"common": "the managed rule group AWS/Common"})
    with caplog.at_level(logging.WARNING):
        firewall = guarded(acl)
        firewall.use(acl)
    assert caplog.messages == [
        "rule common of acl is skipped: unsupported: the managed rule group AWS/Common"
    ]
