"""Items 31 to 38: which rule a request meets."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.conformance import Rule, Site, Stage, says, when
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
    **{path: when("path-pattern", Values=[path]) for path in PATHS},
    **{host: when("host-header", Values=[host]) for host in HOSTS},
    "regex": when("path-pattern", RegexValues=["^/v[0-9]+/"]),
    "header": when("http-header", HttpHeaderName="X-Env", Values=["dev-*"]),
    "method": when("http-request-method", Values=["PURGE"]),
    "query": when("query-string", Values=QUERIES),
    "near": when("source-ip", Values=["127.0.0.0/8"]),
    "far": when("source-ip", Values=["10.0.0.0/8", "2001:db8::/32"]),
}
"""Conditions by name. One listener has them all: the header ``x-case`` says which is asked."""


@pytest.fixture(scope="session")
def cases(stage: Stage) -> Site:
    """Answers 200 where the condition of the case holds, and 404 elsewhere."""
    return stage.rules(
        *(
            Rule(
                (
                    condition,
                    when("http-header", HttpHeaderName="X-Case", Values=[str(number)]),
                ),
                says("yes"),
            )
            for number, condition in enumerate(CASES.values())
        )
    )


def of(case: str) -> str:
    """The header that asks for a case."""
    return f"X-Case: {list(CASES).index(case)}"


@pytest.mark.item(31)
def test_the_first_rule_by_number_is_the_one_and_the_default_the_last(stage: Stage) -> None:
    site = stage.rules(
        Rule((when("path-pattern", Values=["/a/b"]),), says("first")),
        Rule((when("path-pattern", Values=["/a/*"]),), says("second")),
    )
    assert [site.get(path).body for path in ("/a/b", "/a/c", "/b")] == [b"first", b"second", b"{}"]
    rules = stage.elb.describe_rules(ListenerArn=site.arn)["Rules"]
    arn = next(rule["RuleArn"] for rule in rules if rule["Priority"] == "2")
    stage.elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": 9}])
    assert site.get("/a/b").body == b"first"


@pytest.mark.item(31)
def test_all_conditions_must_hold_and_any_value_of_each(stage: Stage) -> None:
    path = when("path-pattern", Values=["/a", "/b"])
    method = when("http-request-method", Values=["GET", "PUT"])
    site = stage.rules(Rule((path, method), says("yes")))
    sent = ("GET /a", "PUT /b", "POST /a", "GET /c")
    assert [site.send(http(line)).status for line in sent] == [200, 200, 404, 404]


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
def test_a_path_fits_whole_with_case_and_wildcards(
    cases: Site, pattern: str, target: str, status: int
) -> None:
    assert cases.get(target, of(pattern)).status == status


@pytest.mark.item(32)
@pytest.mark.parametrize(
    ("target", "status"), [("/v1/users", 200), ("/v22/x", 200), ("/v/users", 404), ("/V1/u", 404)]
)
def test_a_path_may_be_described_by_a_regular_expression(
    cases: Site, target: str, status: int
) -> None:
    assert cases.get(target, of("regex")).status == status


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
def test_a_host_fits_without_case(cases: Site, pattern: str, host: str, status: int) -> None:
    head = f"GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{of(pattern)}\r\n\r\n"
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
def test_a_header_fits_without_case(cases: Site, headers: list[str], status: int) -> None:
    assert cases.get("/a", of("header"), *headers).status == status


@pytest.mark.item(35)
@pytest.mark.parametrize(
    ("method", "status"), [("PURGE", 200), ("purge", 404), ("PURGED", 404), ("GET", 404)]
)
def test_a_method_is_exact_and_may_be_any(cases: Site, method: str, status: int) -> None:
    assert cases.send(http(f"{method} /a", of("method"))).status == status


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
def test_a_query_fits_without_case_by_key_and_value(cases: Site, query: str, status: int) -> None:
    assert cases.get(f"/a?{query}", of("query")).status == status


@pytest.mark.item(37)
@pytest.mark.parametrize(("case", "status"), [("near", 200), ("far", 404)])
def test_the_source_is_the_client_and_nothing_that_a_header_says(
    cases: Site, case: str, status: int
) -> None:
    assert cases.get("/a", of(case), "X-Forwarded-For: 10.0.0.1").status == status


@pytest.mark.item(38)
@pytest.mark.parametrize(
    ("conditions", "complaint"),
    [
        ([when("path-pattern", Values=["/a"])] * 2, "one 'path-pattern'"),
        ([when("host-header", Values=["a.b"])] * 2, "one 'host-header'"),
        ([when("http-request-method", Values=["GET"])] * 2, "one 'http-request-method'"),
        ([when("source-ip", Values=["10.0.0.0/8"])] * 2, "one 'source-ip'"),
        ([when("path-pattern", Values=list("abcdef"))], "'5' condition values"),
        ([when("path-pattern", Values=["/*/*/*/*/*/*"])], "'5' condition wildcards"),
        ([when("path-pattern", Values=["/" + "a" * 128])], "too long"),
    ],
)
def test_rules_have_limits(stage: Stage, conditions: list[Condition], complaint: str) -> None:
    with pytest.raises(ClientError, match=complaint):
        stage.refused(Rule(tuple(conditions), says("no")))


@pytest.mark.item(38)
def test_header_and_query_conditions_may_be_several_in_a_rule(stage: Stage) -> None:
    site = stage.rules(
        Rule(
            (
                when("http-header", HttpHeaderName="x-a", Values=["1"]),
                when("http-header", HttpHeaderName="x-b", Values=["2"]),
                when("query-string", Values=[{"Key": "c", "Value": "3"}]),
                when("query-string", Values=[{"Key": "d", "Value": "4"}]),
            ),
            says("yes"),
        )
    )
    assert site.get("/?c=3&d=4", "X-A: 1", "X-B: 2").status == 200
    assert site.get("/?c=3", "X-A: 1", "X-B: 2").status == 404


@pytest.mark.item(38)
def test_a_load_balancer_has_a_hundred_rules_and_no_more(stage: Stage) -> None:
    site = stage.site("full-up")
    for number in range(1, 101):
        stage.elb.create_rule(
            ListenerArn=site.arn,
            Priority=number,
            Conditions=[when("path-pattern", Values=[f"/{number}"])],
            Actions=[says(str(number))],
        )
    with pytest.raises(ClientError) as refused:
        stage.elb.create_rule(
            ListenerArn=site.arn,
            Priority=101,
            Conditions=[when("path-pattern", Values=["/101"])],
            Actions=[says("101")],
        )
    assert refused.value.response["Error"]["Code"] == "TooManyRules"
    assert stage.until(site, "/100", 200).body
