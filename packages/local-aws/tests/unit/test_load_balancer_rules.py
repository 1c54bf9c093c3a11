"""Conditions and rules, where the conformance tests do not show them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from local_aws.load_balancer.configuration import (
    Condition,
    FixedResponse,
    HostHeader,
    HttpHeader,
    PathPattern,
    QueryString,
    RequestMethod,
    SourceIp,
    TargetGroup,
    Unsupported,
    WeightedGroup,
)
from local_aws.load_balancer.rules import InvokeFunction, NoTarget, group_by_weight
from local_aws_tests.load_balancer_models import (
    API,
    FUNCTION,
    GROUP,
    NOT_FOUND,
    decide,
    forward,
    listener,
    request,
    rule,
)

HEADERS = (("host", "Api.Example.com:8080"), ("x-env", "Dev"), ("x-env", "blue"))
TEAPOT = FixedResponse(418, "text/plain", "")


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        (HostHeader(("*.example.com",)), True),
        (HostHeader((), (r"^api\.EXAMPLE\.com$",)), True),
        (HostHeader((), ("8080",)), False),
        (HttpHeader("x-env", ("bl*",)), True),
        (HttpHeader("x-env", (), ("^blu",)), True),
        (HttpHeader("x-env", ("prod",), ("^green$",)), False),
        (HttpHeader("x-absent", ("*",)), False),
        (RequestMethod(("GET", "HEAD")), True),
        (QueryString((("version", "v1"),)), True),
        (QueryString((("missing", "*"),)), False),
        (SourceIp((ip_network("10.0.0.0/8"), ip_network("::/0"))), False),
        (PathPattern(("/x", "/p*h")), True),
        (PathPattern((), ("^/p[a-z]+$",)), True),
        (PathPattern((), ("^/P",)), False),
    ],
)
def test_a_condition_matches_with_any_of_its_values(condition: Condition, matches: bool) -> None:
    on = listener(rule(1, TEAPOT, condition), rule(None, NOT_FOUND))
    sent = request("/path", "Version=V1&debug", headers=HEADERS)
    assert decide(on, sent).outcome == (TEAPOT if matches else NOT_FOUND)


@pytest.mark.parametrize("path", ["/health", "/api/a/b"])
def test_a_forward_invokes_the_function_of_its_group(path: str) -> None:
    assert decide(API, request(path)).outcome == InvokeFunction(GROUP, FUNCTION)


@pytest.mark.parametrize("path", ["/", "/healthy", "/api", "/API/foo"])
def test_the_default_rule_is_last(path: str) -> None:
    decision = decide(API, request(path))
    assert decision.outcome == NOT_FOUND
    assert decision.rule is not None
    assert decision.rule.priority is None


def test_a_target_group_without_targets_is_no_target() -> None:
    empty = TargetGroup("arn:targetgroup/empty", "lambda", ())
    assert decide(listener(rule(None, forward(empty))), request()).outcome == NoTarget()


def test_other_target_types_are_unsupported() -> None:
    instances = TargetGroup("arn:targetgroup/web", "instance", ("i-1",))
    outcome = decide(listener(rule(None, forward(instances))), request()).outcome
    assert outcome == Unsupported("targets of type instance")


@pytest.mark.parametrize(
    ("condition", "feature"),
    [
        (Unsupported("the condition moon-phase"), "the condition moon-phase"),
        (PathPattern((), ("(?=b)",)), "'(?=b)' is not a regular expression"),
    ],
)
def test_an_unsupported_condition_decides_only_if_the_others_match(
    condition: Condition, feature: str
) -> None:
    first = rule(1, TEAPOT, condition, RequestMethod(("POST",)))
    on = listener(first, rule(None, NOT_FOUND))
    assert decide(on, request()).outcome == NOT_FOUND
    outcome = decide(on, request(method="POST")).outcome
    assert isinstance(outcome, Unsupported)
    assert feature in outcome.feature


def test_an_unsupported_listener_decides_for_every_request() -> None:
    tcp = Unsupported("TCP listeners")
    on = listener(port=443, protocol="TCP", unsupported=tcp)
    assert decide(on, request("/health")).outcome == tcp


def test_weights_share_requests() -> None:
    shares = {"a": 3, "b": 0, "c": 1}
    groups = tuple(WeightedGroup(arn, weight, None) for arn, weight in shares.items())
    selected = [group_by_weight(groups, draw) for draw in (0.0, 0.74, 0.76, 0.99)]
    assert [each.arn for each in selected if each is not None] == ["a", "a", "c", "c"]
    assert group_by_weight(groups[1:2], 0.5) is None
