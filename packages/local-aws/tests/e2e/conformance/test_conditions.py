"""Items 31 to 38: conditions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.conformance import (
    Balancers,
    Rule,
    ServedListener,
    condition,
    fixed_response,
    header,
    path,
)
from local_aws_tests.raw_http import http

Condition = dict[str, Any]


PATHS = ("/img/*.png", "/a?c", "/a", "/%61", "/a.c")
HOSTS = ("api.example.com", "*.example.com", "?pi.example.com")
QUERIES = [
    {"Key": "version", "Value": "v1*"},
    {"Value": "beta"},
    {"Key": "literal", "Value": r"a\*"},
]
CASES: dict[str, Condition] = {
    **{each: path(each) for each in PATHS},
    **{host: condition("host-header", Values=[host]) for host in HOSTS},
    "regex": condition("path-pattern", RegexValues=["^/v[0-9]+/"]),
    "header": header("X-Env", "dev-*"),
    "method": condition("http-request-method", Values=["PURGE"]),
    "query": condition("query-string", Values=QUERIES),
    "near": condition("source-ip", Values=["127.0.0.0/8"]),
    "far": condition("source-ip", Values=["10.0.0.0/8", "2001:db8::/32"]),
}
"""Conditions by name. One listener has all of them; the header ``x-case`` selects one."""


@pytest.fixture(scope="session")
def cases(balancers: Balancers) -> ServedListener:
    """A listener that responds with 200 if the condition of the case matches, otherwise 404."""
    return balancers.with_rules(
        *(
            Rule(
                fixed_response("yes"),
                each,
                header("X-Case", str(number)),
            )
            for number, each in enumerate(CASES.values())
        )
    )


def select(case: str) -> str:
    """Return the header that selects a case."""
    return f"X-Case: {list(CASES).index(case)}"


@pytest.mark.item(31)
def test_rules_are_evaluated_in_order_of_priority_with_the_default_rule_last(
    balancers: Balancers,
) -> None:
    listener = balancers.with_rules(
        Rule(fixed_response("first"), path("/a/b")),
        Rule(fixed_response("second"), path("/a/*")),
    )
    assert [listener.get(each).body for each in ("/a/b", "/a/c", "/b")] == [
        b"first",
        b"second",
        b"{}",
    ]
    rules = balancers.elb.describe_rules(ListenerArn=listener.arn)["Rules"]
    arn = next(rule["RuleArn"] for rule in rules if rule["Priority"] == "2")
    balancers.elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": 9}])
    assert listener.get("/a/b").body == b"first"


@pytest.mark.item(31)
def test_all_conditions_must_match_with_any_of_their_values(balancers: Balancers) -> None:
    method = condition("http-request-method", Values=["GET", "PUT"])
    listener = balancers.with_rules(Rule(fixed_response("yes"), path("/a", "/b"), method))
    sent = ("GET /a", "PUT /b", "POST /a", "GET /c")
    assert [listener.send(http(line)).status for line in sent] == [200, 200, 404, 404]


@pytest.mark.item(32)
@pytest.mark.parametrize(
    ("pattern", "target", "status"),
    [
        ("/img/*.png", "/img/a/b.png", 200),
        ("/img/*.png", "/IMG/a.png", 404),
        ("/a?c", "/abc", 200),
        ("/a?c", "/ac", 404),
        ("/a", "/a?b=c", 200),
        ("/a", "/a/", 404),
        ("/%61", "/a", 404),
        ("/a.c", "/abc", 404),
    ],
)
def test_a_path_pattern_matches_the_whole_path_with_case_and_wildcards(
    cases: ServedListener, pattern: str, target: str, status: int
) -> None:
    assert cases.get(target, select(pattern)).status == status


@pytest.mark.item(32)
@pytest.mark.parametrize(
    ("target", "status"), [("/v1/users", 200), ("/v22/x", 200), ("/v/users", 404), ("/V1/u", 404)]
)
def test_a_path_pattern_may_be_a_regular_expression(
    cases: ServedListener, target: str, status: int
) -> None:
    assert cases.get(target, select("regex")).status == status


@pytest.mark.item(33)
@pytest.mark.parametrize(
    ("pattern", "host", "status"),
    [
        ("api.example.com", "API.Example.com", 200),
        ("api.example.com", "api.example.com:8080", 200),
        ("*.example.com", "a.b.example.com", 200),
        ("*.example.com", "example.com", 404),
        ("?pi.example.com", "api.example.com", 200),
    ],
)
def test_a_host_header_condition_ignores_case(
    cases: ServedListener, pattern: str, host: str, status: int
) -> None:
    head = f"GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{select(pattern)}\r\n\r\n"
    assert cases.send(head.encode()).status == status


@pytest.mark.item(34)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["X-Env: DEV-1"], 200),
        (["x-env: prod", "X-ENV: dev-2"], 200),
        (["X-Env: prod"], 404),
        (["X-En: dev-1"], 404),
        ([], 404),
    ],
)
def test_an_http_header_condition_ignores_case(
    cases: ServedListener, headers: list[str], status: int
) -> None:
    assert cases.get("/a", select("header"), *headers).status == status


@pytest.mark.item(35)
@pytest.mark.parametrize(
    ("method", "status"), [("PURGE", 200), ("purge", 404), ("PURGED", 404), ("GET", 404)]
)
def test_a_method_condition_is_exact_for_any_method(
    cases: ServedListener, method: str, status: int
) -> None:
    assert cases.send(http(f"{method} /a", select("method"))).status == status


@pytest.mark.item(36)
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("version=V1", 200),
        ("VERSION=v12", 200),
        ("a=b&version=v1", 200),
        ("version=x", 404),
        ("anything=beta", 200),
        ("beta=anything", 404),
        ("literal=a*", 200),
        ("literal=ab", 404),
        ("", 404),
    ],
)
def test_a_query_string_condition_ignores_case_in_key_and_value(
    cases: ServedListener, query: str, status: int
) -> None:
    assert cases.get(f"/a?{query}", select("query")).status == status


@pytest.mark.item(37)
@pytest.mark.parametrize(("case", "status"), [("near", 200), ("far", 404)])
def test_a_source_ip_condition_ignores_x_forwarded_for(
    cases: ServedListener, case: str, status: int
) -> None:
    assert cases.get("/a", select(case), "X-Forwarded-For: 10.0.0.1").status == status


@pytest.mark.item(38)
@pytest.mark.parametrize(
    ("conditions", "complaint"),
    [
        ([path("/a")] * 2, "one 'path-pattern'"),
        ([condition("host-header", Values=["a.b"])] * 2, "one 'host-header'"),
        ([condition("http-request-method", Values=["GET"])] * 2, "one 'http-request-method'"),
        ([condition("source-ip", Values=["10.0.0.0/8"])] * 2, "one 'source-ip'"),
        ([path(*"abcdef")], "'5' condition values"),
        ([path("/*/*/*/*/*/*")], "'5' condition wildcards"),
        ([path("/" + "a" * 128)], "too long"),
    ],
)
def test_rules_beyond_their_limits_are_refused(
    balancers: Balancers, conditions: list[Condition], complaint: str
) -> None:
    with pytest.raises(ClientError, match=complaint):
        balancers.create_rule(Rule(fixed_response("no"), *conditions))


@pytest.mark.item(38)
def test_a_rule_may_have_several_header_and_query_conditions(balancers: Balancers) -> None:
    listener = balancers.with_rules(
        Rule(
            fixed_response("yes"),
            header("x-a", "1"),
            header("x-b", "2"),
            condition("query-string", Values=[{"Key": "c", "Value": "3"}]),
            condition("query-string", Values=[{"Key": "d", "Value": "4"}]),
        )
    )
    assert listener.get("/?c=3&d=4", "X-A: 1", "X-B: 2").status == 200
    assert listener.get("/?c=3", "X-A: 1", "X-B: 2").status == 404


@pytest.mark.item(38)
def test_a_load_balancer_has_at_most_a_hundred_rules(balancers: Balancers) -> None:
    listener = balancers.listener("full-up")
    for number in range(1, 101):
        balancers.elb.create_rule(
            ListenerArn=listener.arn,
            Priority=number,
            Conditions=[path(f"/{number}")],
            Actions=[fixed_response(str(number))],
        )
    with pytest.raises(ClientError) as refused:
        balancers.elb.create_rule(
            ListenerArn=listener.arn,
            Priority=101,
            Conditions=[path("/101")],
            Actions=[fixed_response("101")],
        )
    assert refused.value.response["Error"]["Code"] == "TooManyRules"
    assert balancers.until(listener, "/100", 200).body
