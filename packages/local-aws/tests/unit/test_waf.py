from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.load_balancer.web_acl_filter import WebAclFilter
from local_aws.waf import web_acl_reader
from local_aws.waf.rate_based import MAX_KEYS, RateCounter
from local_aws.waf.request_components import MAX_BYTES, MAX_FIELDS, WebRequest
from local_aws.waf.statements import Network
from local_aws.waf.text_transformations import _TRANSFORMATIONS, text_transformation
from local_aws.waf.web_acl import Evaluation, WebAcl
from local_aws_tests import load_balancer_models

OFFICE = "arn:aws:wafv2:eu-west-1:111111111111:regional/ipset/office/1"
BOTS = "arn:aws:wafv2:eu-west-1:111111111111:regional/regexpatternset/bots/1"
GROUP = "arn:aws:wafv2:eu-west-1:111111111111:regional/rulegroup/ours/1"
NONE = [{"Priority": 0, "Type": "NONE"}]
PATH: dict[str, Any] = {"UriPath": {}}
Statement = dict[str, Any]


class References:
    """An IP set, a regex pattern set and a rule group."""

    def __init__(self, group: Mapping[str, Any] | None = None) -> None:
        self._group = group or {}

    def addresses(self, arn: str) -> list[Network]:
        return {OFFICE: [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]}[arn]

    def patterns(self, arn: str) -> list[str]:
        return {BOTS: ["[Cc]rawler", "^bot/"]}[arn]

    def rule_group(self, arn: str) -> Mapping[str, Any]:
        return {GROUP: self._group}[arn]


def web_acl(
    *rules: Mapping[str, Any], group: Mapping[str, Any] | None = None, **more: Any
) -> WebAcl:
    """A web ACL with the default action Allow."""
    settings = {
        "Name": "test",
        "LabelNamespace": "awswaf:111111111111:webacl:test:",
        "DefaultAction": {"Allow": {}},
        "Rules": list(rules),
    }
    return web_acl_reader.web_acl(settings | more, References(group))


def rule(
    statement: Statement, action: str = "Block", *, name: str = "rule", priority: int = 1
) -> dict[str, Any]:
    return {"Name": name, "Priority": priority, "Statement": statement, "Action": {action: {}}}


def byte_match(
    text: str, position: str = "CONTAINS", field: Mapping[str, Any] = PATH, *kinds: str
) -> Statement:
    transformations = [{"Priority": i, "Type": kind} for i, kind in enumerate(kinds)] or NONE
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(),
            "FieldToMatch": field,
            "TextTransformations": transformations,
            "PositionalConstraint": position,
        }
    }


def ip_set(position: str = "FIRST", fallback: str = "NO_MATCH") -> Statement:
    forwarded = {
        "HeaderName": "X-Forwarded-For",
        "FallbackBehavior": fallback,
        "Position": position,
    }
    return {"IPSetReferenceStatement": {"ARN": OFFICE, "IPSetForwardedIPConfig": forwarded}}


def request(path: str = "/api/foo", **given: Any) -> WebRequest:
    usual: dict[str, Any] = {
        "method": "GET",
        "query": "",
        "headers": (),
        "body": b"",
        "peer": ip_address("127.0.0.1"),
        "now": 0.0,
    }
    return WebRequest(path=path, **(usual | given))


def forwarded_for(*addresses: str) -> WebRequest:
    return request(headers=(("x-forwarded-for", ", ".join(addresses)),))


def blocks(statement: Statement, sent: WebRequest) -> bool:
    """Return whether a web ACL with only this statement blocks the request."""
    return web_acl(rule(statement)).evaluate(sent).is_blocked


@pytest.mark.parametrize(
    ("position", "blocked", "allowed"),
    [
        ("EXACTLY", "/admin", "/admin/"),
        ("STARTS_WITH", "/admin/users", "/api/admin"),
        ("ENDS_WITH", "/api/admin", "/admin/users"),
        ("CONTAINS", "/api/administrator", "/api/adm"),
        ("CONTAINS_WORD", "/api/admin-page", "/api/admin_page"),
    ],
)
def test_a_byte_match_has_a_position(position: str, blocked: str, allowed: str) -> None:
    text = "admin" if position == "CONTAINS_WORD" else "/admin"
    assert blocks(byte_match(text, position), request(blocked))
    assert not blocks(byte_match(text, position), request(allowed))


def test_text_transformations_run_in_order_of_priority() -> None:
    statement = byte_match("<script>", "CONTAINS", {"QueryString": {}}, "URL_DECODE", "LOWERCASE")
    assert blocks(statement, request(query="q=%3CScRiPt%3E"))
    assert not blocks(statement, request(query="q=%253CScRiPt%253E"))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("BASE64_DECODE", b"YWI=", b"ab"),
        ("BASE64_DECODE", b"no base64!", b"no base64!"),
        ("BASE64_DECODE_EXT", b"Y W-I", b"ab"),
        ("CMD_LINE", b'c^md "/C"  echo,1', b"cmd/c echo 1"),
        ("COMPRESS_WHITE_SPACE", b"a \t\n b", b"a b"),
        ("HEX_DECODE", b"0x6162", b"ab"),
        ("HTML_ENTITY_DECODE", b"&lt;&#x61;&gt;", b"<a>"),
        ("NORMALIZE_PATH", b"/a/./b/../c//d", b"/a/c/d"),
        ("NORMALIZE_PATH_WIN", b"\\a\\..\\b", b"/b"),
        ("REMOVE_NULLS", b"a\0b", b"ab"),
        ("REPLACE_COMMENTS", b"a/* x */b/* y", b"a b "),
        ("URL_DECODE", b"a%20b+c", b"a b c"),
        ("URL_DECODE_UNI", b"%u0061%62", b"ab"),
    ],
)
def test_a_text_transformation_changes_a_value(kind: str, before: bytes, after: bytes) -> None:
    assert text_transformation([{"Priority": 0, "Type": kind}])(before) == after


@given(st.binary(max_size=64), st.sampled_from(sorted(_TRANSFORMATIONS)))
def test_a_text_transformation_accepts_any_bytes(value: bytes, kind: str) -> None:
    assert isinstance(text_transformation([{"Priority": 0, "Type": kind}])(value), bytes)


USER_AGENT = {"SingleHeader": {"Name": "User-Agent"}}
ROLE_COOKIE = {"Cookies": {"MatchPattern": {"IncludedCookies": ["role"]}, "MatchScope": "VALUE"}}
JSON_VALUES = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "VALUE"}}
JSON_KEYS = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "KEY"}}
JSON = request(body=b'{"role": ["admin", {"deep": 7}]}')
API, ADMIN = byte_match("/api", "STARTS_WITH"), byte_match("admin")
COUNTRIES = {"GeoMatchStatement": {"CountryCodes": ["DE", "FR"]}}
OTHER = "192.0.2.1"


@pytest.mark.parametrize(
    ("statement", "sent", "blocked"),
    [
        # Values of a repeated header are joined; a missing header has no value.
        (
            byte_match("a,b", "EXACTLY", USER_AGENT),
            request(headers=(("user-agent", "a"), ("user-agent", "b"))),
            True,
        ),
        (byte_match("", "CONTAINS", USER_AGENT), request(), False),
        (
            byte_match("1", "EXACTLY", {"SingleQueryArgument": {"Name": "Debug"}}),
            request(query="a=2&debug=1"),
            True,
        ),
        (
            byte_match("root", "EXACTLY", ROLE_COOKIE),
            request(headers=(("cookie", "a=1; role=root"),)),
            True,
        ),
        (byte_match("1", "EXACTLY", ROLE_COOKIE), request(headers=(("cookie", "a=1"),)), False),
        (byte_match("DELETE", "EXACTLY", {"Method": {}}), request(method="DELETE"), True),
        (byte_match("admin", "EXACTLY", JSON_VALUES), JSON, True),
        (byte_match("7", "EXACTLY", JSON_VALUES), JSON, True),
        (byte_match("x", "ENDS_WITH", JSON_VALUES), request(body=b'["\\ud800x"]'), True),
        (byte_match("deep", "EXACTLY", JSON_KEYS), JSON, True),
        (byte_match("admin", "EXACTLY", JSON_KEYS), JSON, False),
        ({"IPSetReferenceStatement": {"ARN": OFFICE}}, request(peer=ip_address("10.1.2.3")), True),
        (
            {"IPSetReferenceStatement": {"ARN": OFFICE}},
            request(peer=ip_address("2001:db8::1")),
            True,
        ),
        ({"IPSetReferenceStatement": {"ARN": OFFICE}}, request(), False),
        (ip_set("FIRST"), forwarded_for(OTHER, "10.0.0.9"), False),
        (ip_set("LAST"), forwarded_for(OTHER, "10.0.0.9"), True),
        (ip_set("ANY"), forwarded_for(OTHER, "10.0.0.9"), True),
        # ANY inspects the last ten addresses.
        (ip_set("ANY"), forwarded_for("10.0.0.9", *[OTHER] * 9), True),
        (ip_set("ANY"), forwarded_for("10.0.0.9", *[OTHER] * 10), False),
        (ip_set("ANY"), forwarded_for(*[OTHER] * 27, "10.0.0.9"), True),
        (ip_set(fallback="MATCH"), forwarded_for("nonsense"), True),
        (ip_set(fallback="NO_MATCH"), forwarded_for("nonsense"), False),
        # A rule does not apply to a request without the header.
        (ip_set(fallback="MATCH"), request(), False),
        ({"NotStatement": {"Statement": ip_set()}}, forwarded_for(OTHER), True),
        ({"NotStatement": {"Statement": ip_set()}}, forwarded_for("10.0.0.9"), False),
        ({"NotStatement": {"Statement": ip_set()}}, request(), False),
        (COUNTRIES, request(headers=(("x-local-aws-country", "fr"),)), True),
        (COUNTRIES, request(headers=(("x-local-aws-country", "IT"),)), False),
        (COUNTRIES, request(), False),
        ({"AndStatement": {"Statements": [API, ADMIN]}}, request("/api/admin"), True),
        ({"AndStatement": {"Statements": [API, ADMIN]}}, request("/api/foo"), False),
        ({"OrStatement": {"Statements": [API, ADMIN]}}, request("/admin"), True),
        ({"NotStatement": {"Statement": API}}, request("/admin"), True),
    ],
)
def test_a_statement_matches_a_request(
    statement: Statement, sent: WebRequest, blocked: bool
) -> None:
    assert blocks(statement, sent) is blocked


@pytest.mark.parametrize(
    ("oversize", "blocked"), [("MATCH", True), ("NO_MATCH", False), ("CONTINUE", False)]
)
def test_oversize_handling_decides_about_a_body_over_8_kb(oversize: str, blocked: bool) -> None:
    statement = byte_match("end", "ENDS_WITH", {"Body": {"OversizeHandling": oversize}})
    assert blocks(statement, request(body=b"x" * MAX_BYTES + b"end")) is blocked
    assert blocks(statement, request(body=b"the end"))


def test_only_the_first_200_headers_are_inspected() -> None:
    headers = {"MatchPattern": {"All": {}}, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"}
    statement = byte_match("evil", "EXACTLY", {"Headers": headers})
    many = tuple(("x-filler", "y") for _ in range(MAX_FIELDS))
    assert blocks(statement, request(headers=(("x-last", "evil"), *many)))
    assert not blocks(statement, request(headers=(*many, ("x-last", "evil"))))


def test_a_size_constraint_counts_bytes() -> None:
    size = {"ComparisonOperator": "GT", "Size": 9, "TextTransformations": NONE}
    statement = {"SizeConstraintStatement": size | {"FieldToMatch": PATH}}
    assert blocks(statement, request("/api/müne"))
    assert not blocks(statement, request("/api/foo1"))


def test_a_regex_pattern_set_matches_with_any_of_its_patterns() -> None:
    reference = {"ARN": BOTS, "FieldToMatch": USER_AGENT, "TextTransformations": NONE}
    statement = {"RegexPatternSetReferenceStatement": reference}
    assert blocks(statement, request(headers=(("user-agent", "a Crawler"),)))
    assert not blocks(statement, request(headers=(("user-agent", "no bot/"),)))


def test_count_labels_the_request_and_evaluation_continues() -> None:
    counting = rule(byte_match("/api"), "Count", name="label") | {"RuleLabels": [{"Name": "api"}]}
    label = {"LabelMatchStatement": {"Scope": "LABEL", "Key": "api"}}
    blocking = rule(label, name="block", priority=2)
    evaluation = web_acl(blocking, counting).evaluate(request())
    assert (evaluation.is_blocked, evaluation.rule) == (True, "block")
    assert evaluation.counted == ("label",)
    assert not web_acl(blocking).evaluate(request()).is_blocked


def test_rules_are_evaluated_in_order_of_priority() -> None:
    blocking = rule(byte_match("/api"), "Block", name="late", priority=9)
    allowing = rule(byte_match("/api/foo"), "Allow", name="early", priority=2)
    assert web_acl(blocking, allowing).evaluate(request()).rule == "early"
    assert web_acl(blocking, allowing).evaluate(request("/api/bar")).rule == "late"


def test_the_default_action_applies_if_no_rule_terminates() -> None:
    evaluation = web_acl(DefaultAction={"Block": {}}).evaluate(request())
    assert (evaluation.is_blocked, evaluation.rule) == (True, None)


def rate_based(limit: int, **more: Any) -> Statement:
    return {"RateBasedStatement": {"Limit": limit, "AggregateKeyType": "IP"} | more}


def evaluate_at(acl: WebAcl, seconds: float, **given: Any) -> Evaluation:
    return acl.evaluate(request(now=1e9 + seconds, **given))


def test_a_rate_based_rule_blocks_above_its_limit_until_the_window_has_passed() -> None:
    acl = web_acl(rule(rate_based(10, EvaluationWindowSec=60)))
    assert [evaluate_at(acl, 0).is_blocked for _ in range(12)] == [False] * 10 + [True] * 2
    assert evaluate_at(acl, 50).is_blocked
    assert not evaluate_at(acl, 62).is_blocked


HEADER_AND_IP = [{"Header": {"Name": "x-key", "TextTransformations": NONE}}, {"IP": {}}]


@pytest.mark.parametrize(
    ("settings", "requests"),
    [
        ({}, [{"peer": ip_address(OTHER)}, {"peer": ip_address("192.0.2.2")}]),
        (
            {"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": HEADER_AND_IP},
            [{"headers": (("x-key", "a"),)}, {"headers": (("x-key", "b"),)}],
        ),
    ],
)
def test_each_aggregation_key_has_its_own_rate(
    settings: dict[str, Any], requests: list[dict[str, Any]]
) -> None:
    acl = web_acl(rule(rate_based(1, **settings)))
    for sent in requests:
        assert not evaluate_at(acl, 0, **sent).is_blocked
        assert evaluate_at(acl, 0, **sent).is_blocked


@pytest.mark.parametrize(
    ("settings", "not_counted"),
    [
        ({"ScopeDownStatement": byte_match("/api")}, {"path": "/health"}),
        ({"AggregateKeyType": "CUSTOM_KEYS", "CustomKeys": HEADER_AND_IP}, {}),
    ],
)
def test_a_request_out_of_scope_or_without_a_key_is_not_counted(
    settings: dict[str, Any], not_counted: dict[str, Any]
) -> None:
    acl = web_acl(rule(rate_based(1, **settings)))
    assert not any(evaluate_at(acl, 0, **not_counted).is_blocked for _ in range(3))


def test_the_rate_counter_holds_a_limited_number_of_keys() -> None:
    counter = RateCounter(60)
    for number in range(MAX_KEYS + 5):
        counter.count((str(number).encode(),), 0.0)
    assert len(counter._counts) == MAX_KEYS
    assert counter.count((b"0",), 0.0) == 1


def test_unsupported_rules_are_skipped_by_name() -> None:
    managed = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "CommonRuleSet"}}
    xss = {"XssMatchStatement": {"FieldToMatch": PATH, "TextTransformations": NONE}}
    regex = {"RegexString": "(?=a)", "FieldToMatch": PATH, "TextTransformations": NONE}
    acl = web_acl(
        {"Name": "common", "Priority": 0, "Statement": managed, "OverrideAction": {"None": {}}},
        rule(xss, name="xss"),
        rule(byte_match("a", "EXACTLY", PATH, "CSS_DECODE"), name="css"),
        rule({"RegexMatchStatement": regex}, name="regex"),
        rule(byte_match("/api"), "Challenge", name="challenge"),
        rule(byte_match("/api"), name="ours", priority=9),
    )
    assert "'(?=a)' is not a regular expression" in acl.skipped_rules["regex"]
    assert {name: text for name, text in acl.skipped_rules.items() if name != "regex"} == {
        "common": "the managed rule group AWS/CommonRuleSet",
        "xss": "the statement XssMatch",
        "css": "the text transformation CSS_DECODE",
        "challenge": "the action Challenge",
    }
    assert acl.evaluate(request()).rule == "ours"


def test_the_referring_rule_overrides_the_actions_of_a_rule_group() -> None:
    group = {
        "LabelNamespace": "awswaf:111111111111:rulegroup:ours:",
        "Rules": [
            rule(byte_match("/a"), name="first") | {"RuleLabels": [{"Name": "a"}]},
            rule(byte_match("/api"), name="second", priority=2),
        ],
    }
    reference: dict[str, Any] = {"ARN": GROUP, "ExcludedRules": [{"Name": "first"}]}
    referring = {
        "Name": "group",
        "Priority": 0,
        "Statement": {"RuleGroupReferenceStatement": reference},
        "OverrideAction": {"None": {}},
    }
    sent = request()
    evaluation = web_acl(referring, group=group).evaluate(sent)
    assert (evaluation.rule, evaluation.counted) == ("group/second", ("group/first",))
    assert sent.labels == {"awswaf:111111111111:rulegroup:ours:a"}

    counting = referring | {"OverrideAction": {"Count": {}}}
    assert not web_acl(counting, group=group).evaluate(request()).is_blocked


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.lists(st.tuples(st.sampled_from(["cookie", "x-forwarded-for", "a"]), st.text(max_size=20))),
    st.binary(max_size=40),
)
def test_no_request_makes_a_web_acl_fail(
    path: str, query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    json_body: dict[str, Any] = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "ALL"}}
    fields = {"MatchPattern": {"All": {}}, "MatchScope": "ALL", "OversizeHandling": "MATCH"}
    components = [json_body, {"Headers": fields}, {"Cookies": fields}, {"AllQueryArguments": {}}]
    matches = [
        byte_match("x", "CONTAINS_WORD", each, "URL_DECODE_UNI", "HTML_ENTITY_DECODE")
        for each in components
    ]
    forwarded = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    rate = rate_based(5, AggregateKeyType="FORWARDED_IP", ForwardedIPConfig=forwarded)
    acl = web_acl(rule({"OrStatement": {"Statements": [*matches, rate]}}))
    sent = request(
        path.encode("utf-8", "replace").decode(),
        query=query.encode("utf-8", "replace").decode(),
        headers=tuple((name, value.encode("utf-8", "replace").decode()) for name, value in headers),
        body=body,
    )
    assert acl.evaluate(sent).action.kind in {"allow", "block"}


def web_acl_filter(acl: WebAcl | None) -> WebAclFilter:
    made = WebAclFilter(clock=lambda: 0.0)
    made.use(acl)
    return made


def test_without_a_web_acl_every_request_passes() -> None:
    assert web_acl_filter(None)(load_balancer_models.request("/admin")) is None


def test_a_blocked_request_gets_the_load_balancers_403() -> None:
    blocking = web_acl_filter(web_acl(rule(ADMIN)))
    response = blocking(load_balancer_models.request("/admin"))
    assert response is not None
    assert response.status == 403
    assert b"403 Forbidden" in response.body
    assert blocking(load_balancer_models.request("/api/foo")) is None


def test_a_blocked_request_may_get_a_custom_response() -> None:
    custom = {
        "ResponseCode": 429,
        "CustomResponseBodyKey": "slow",
        "ResponseHeaders": [{"Name": "retry-after", "Value": "60"}],
    }
    bodies = {"slow": {"ContentType": "APPLICATION_JSON", "Content": "{}"}}
    blocking = rule(ADMIN) | {"Action": {"Block": {"CustomResponse": custom}}}
    acl = web_acl(blocking, CustomResponseBodies=bodies)
    response = web_acl_filter(acl)(load_balancer_models.request("/admin"))
    assert response is not None
    assert (response.status, response.body) == (429, b"{}")
    assert response.headers == (("Content-Type", "application/json"), ("retry-after", "60"))


def test_skipped_rules_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    acl = replace(web_acl(), skipped_rules={"common": "the managed rule group AWS/Common"})
    with caplog.at_level(logging.WARNING):
        web_acl_filter(acl).use(acl)
    assert caplog.messages == [
        "rule common of test is skipped: unsupported: the managed rule group AWS/Common"
    ]
