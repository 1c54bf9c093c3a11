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
from local_aws.load_balancer.request import Request, split_target
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


@pytest.mark.parametrize("path", ["/health", "/api/foo", "/api/a/b"])
def test_the_paths_of_the_api_go_to_the_function(path: str) -> None:
    assert decide(API, request(path), 0.5).outcome == InvokeFunction(GROUP, FUNCTION)


@pytest.mark.parametrize("path", ["/", "/healthy", "/api", "/API/foo"])
def test_anything_else_gets_the_default_action(path: str) -> None:
    decision = decide(API, request(path), 0.5)
    assert decision.outcome == NOT_FOUND
    assert decision.rule is not None
    assert decision.rule.priority is None


def matches(condition: Condition, sent: Request) -> bool:
    found = decide(listener(rule(1, forward(GROUP), condition), rule(None, NOT_FOUND)), sent)
    return found.outcome == InvokeFunction(GROUP, FUNCTION)


HEADERS = (("host", "Api.Example.com:8080"), ("x-env", "Dev"), ("x-env", "blue"))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (HostHeader(("api.example.com",)), True),
        (HostHeader(("*.example.com",)), True),
        (HostHeader(("*.api.example.com",)), False),
        (HttpHeader("x-env", ("dev",)), True),
        (HttpHeader("x-env", ("bl*",)), True),
        (HttpHeader("x-env", ("prod", "green")), False),
        (HttpHeader("x-absent", ("*",)), False),
        (RequestMethod(("GET", "HEAD")), True),
        (RequestMethod(("get",)), False),
        (QueryString((("version", "v1"),)), True),
        (QueryString((("version", "v2"),)), False),
        (QueryString(((None, "*1"),)), True),
        (QueryString((("missing", "*"),)), False),
        (SourceIp((ip_network("127.0.0.0/8"),)), True),
        (SourceIp((ip_network("10.0.0.0/8"), ip_network("::/0"))), False),
        (PathPattern(("/x", "/p*h")), True),
        (PathPattern(("/path?version=v1",)), False),
        (PathPattern((), ("^/p[a-z]+$",)), True),
        (PathPattern((), ("^/P",)), False),
        (PathPattern(("/other",), ("at",)), True),
        (HostHeader((), (r"^api\.EXAMPLE\.com$",)), True),
        (HostHeader((), ("8080",)), False),
        (HttpHeader("x-env", (), ("^blu",)), True),
        (HttpHeader("x-env", ("prod",), ("^green$",)), False),
    ],
)
def test_a_condition_holds_if_any_of_its_values_does(condition: Condition, expected: bool) -> None:
    sent = request("/path", "Version=V1&debug", headers=HEADERS)
    assert matches(condition, sent) is expected


def test_the_source_is_the_peer_and_never_what_it_claims_to_forward() -> None:
    sent = request(headers=(("x-forwarded-for", "10.1.1.1"),), peer="127.0.0.1")
    assert not matches(SourceIp((ip_network("10.0.0.0/8"),)), sent)


def test_all_conditions_of_a_rule_must_hold() -> None:
    both = rule(1, forward(GROUP), PathPattern(("/a",)), RequestMethod(("POST",)))
    only = listener(both, rule(None, NOT_FOUND))
    assert decide(only, request("/a"), 0).outcome == NOT_FOUND
    assert decide(only, request("/a", method="POST"), 0).outcome == InvokeFunction(GROUP, FUNCTION)


def test_a_target_group_without_a_target_has_nothing_to_answer() -> None:
    empty = TargetGroup("arn:targetgroup/empty", "lambda", ())
    only = listener(rule(None, forward(empty)))
    assert decide(only, request(), 0).outcome == NoTarget()


def test_another_target_type_is_named_as_not_built() -> None:
    instances = TargetGroup("arn:targetgroup/web", "instance", ("i-1",))
    only = listener(rule(None, forward(instances)))
    assert decide(only, request(), 0).outcome == Unsupported("targets of type instance")


def test_a_condition_that_cannot_be_judged_is_named_only_when_it_decides() -> None:
    unknown = Unsupported("the condition moon-phase")
    first = rule(1, FixedResponse(200, "text/plain", "x"), unknown, RequestMethod(("POST",)))
    only = listener(first, rule(None, NOT_FOUND))
    assert decide(only, request(), 0).outcome == NOT_FOUND
    assert decide(only, request(method="POST"), 0).outcome == unknown


def test_a_regular_expression_that_aws_does_not_have_is_named_when_it_decides() -> None:
    invalid = rule(1, NOT_FOUND, PathPattern((), ("(?=b)",)), RequestMethod(("POST",)))
    only = listener(invalid, rule(None, NOT_FOUND))
    assert decide(only, request("/b")).outcome == NOT_FOUND
    outcome = decide(only, request("/b", method="POST")).outcome
    assert isinstance(outcome, Unsupported)
    assert "'(?=b)' is not a regular expression" in outcome.feature


def test_a_listener_that_cannot_be_served_says_so_for_every_request() -> None:
    refused = listener(port=443, protocol="TCP", unsupported=Unsupported("TCP listeners"))
    assert decide(refused, request("/health"), 0).outcome == Unsupported("TCP listeners")


def test_weights_share_the_traffic_and_zero_gets_none() -> None:
    shares = {"a": 3, "b": 0, "c": 1}
    groups = tuple(WeightedGroup(arn, weight, None) for arn, weight in shares.items())
    chosen = [group_by_weight(groups, draw) for draw in (0.0, 0.74, 0.76, 0.99)]
    assert [each.arn for each in chosen if each is not None] == ["a", "a", "c", "c"]
    assert group_by_weight(groups[1:2], 0.5) is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a?b=1?2", ("/a", "b=1?2")),
        ("/a%2Fb", ("/a%2Fb", "")),
        ("//a//b", ("//a//b", "")),
        ("http://host/a?b", ("/a", "b")),
        ("http://host", ("/", "")),
        ("*", ("*", "")),
        ("/a?next=http://b/c", ("/a", "next=http://b/c")),
    ],
)
def test_a_request_target_has_a_path_and_a_query(target: str, expected: tuple[str, str]) -> None:
    assert split_target(target) == expected


def test_query_parameters_are_neither_decoded_nor_invented() -> None:
    sent: Request = request(query="a=%20b&&c&d=1=2&a=")
    assert list(sent.parameters()) == [("a", "%20b"), ("c", ""), ("d", "1=2"), ("a", "")]
