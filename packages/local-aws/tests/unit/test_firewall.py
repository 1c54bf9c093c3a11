from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.waf import web_acl_reader as reader
from local_aws.waf.rate_based import MAX_KEYS, RateCounter
from local_aws.waf.request_components import MAX_BYTES, MAX_FIELDS, WebRequest
from local_aws.waf.statements import Network
from local_aws.waf.text_transformations import _TRANSFORMATIONS, text_transformation
from local_aws.waf.web_acl import CustomResponse, Evaluation, WebAcl

OFFICE = "arn:aws:wafv2:eu-west-1:111111111111:regional/ipset/office/1"
BOTS = "arn:aws:wafv2:eu-west-1:111111111111:regional/regexpatternset/bots/1"
GROUP = "arn:aws:wafv2:eu-west-1:111111111111:regional/rulegroup/ours/1"
NONE = [{"Priority": 0, "Type": "NONE"}]
PATH: dict[str, Any] = {"UriPath": {}}


class Sets:
    """What the account has beside the web ACL."""

    def __init__(self, group: Mapping[str, Any] | None = None) -> None:
        self._group = group or {}

    def addresses(self, arn: str) -> list[Network]:
        return {
            OFFICE: [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8::/32")]
        }[arn]

    def patterns(self, arn: str) -> list[str]:
        return {BOTS: ["[Cc]rawler", "^bot/"]}[arn]

    def rule_group(self, arn: str) -> Mapping[str, Any]:
        return {GROUP: self._group}[arn]


def acl(*rules: Mapping[str, Any], group: Mapping[str, Any] | None = None, **more: Any) -> WebAcl:
    """A web ACL that allows what none of the rules blocks."""
    settings = {
        "Name": "test",
        "LabelNamespace": "awswaf:111111111111:webacl:test:",
        "DefaultAction": {"Allow": {}},
        "Rules": list(rules),
    }
    return reader.web_acl(settings | more, Sets(group))


def rule(
    statement: Mapping[str, Any], action: str = "Block", *, name: str = "rule", priority: int = 1
) -> dict[str, Any]:
    return {"Name": name, "Priority": priority, "Statement": statement, "Action": {action: {}}}


def byte_match(
    text: str, how: str = "CONTAINS", part: Mapping[str, Any] = PATH, *kinds: str
) -> dict[str, Any]:
    changes = [{"Priority": i, "Type": kind} for i, kind in enumerate(kinds)] or NONE
    return {
        "ByteMatchStatement": {
            "SearchString": text.encode(),
            "FieldToMatch": part,
            "TextTransformations": changes,
            "PositionalConstraint": how,
        }
    }


def request(path: str = "/api/foo", **given: Any) -> WebRequest:
    usual: dict[str, Any] = {
        "method": "GET",
        "query": "",
        "headers": (),
        "body": b"",
        "peer": ipaddress.ip_address("127.0.0.1"),
        "now": 0.0,
    }
    return WebRequest(path=path, **(usual | given))


def judge(statement: Mapping[str, Any], seen: WebRequest) -> bool:
    """Whether a web ACL of this statement alone blocks the request."""
    return acl(rule(statement)).evaluate(seen).is_blocked


@pytest.mark.parametrize(
    ("how", "blocked", "passed"),
    [
        ("EXACTLY", "/admin", "/admin/"),
        ("STARTS_WITH", "/admin/users", "/api/admin"),
        ("ENDS_WITH", "/api/admin", "/admin/users"),
        ("CONTAINS", "/api/administrator", "/api/adm"),
        ("CONTAINS_WORD", "/api/admin-page", "/api/admin_page"),
    ],
)
def test_a_byte_match_looks_where_it_is_told_to(how: str, blocked: str, passed: str) -> None:
    text = "admin" if how == "CONTAINS_WORD" else "/admin"
    assert judge(byte_match(text, how), request(blocked))
    assert not judge(byte_match(text, how), request(passed))


def test_transformations_run_in_the_order_of_their_priorities() -> None:
    statement = byte_match("<script>", "CONTAINS", {"QueryString": {}}, "URL_DECODE", "LOWERCASE")
    assert judge(statement, request(query="q=%3CScRiPt%3E"))
    assert not judge(statement, request(query="q=%253CScRiPt%253E"))


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
def test_a_transformation_undoes_a_disguise(kind: str, before: bytes, after: bytes) -> None:
    assert text_transformation([{"Priority": 0, "Type": kind}])(before) == after


@given(st.binary(max_size=64), st.sampled_from(sorted(_TRANSFORMATIONS)))
def test_a_transformation_takes_any_bytes(value: bytes, kind: str) -> None:
    changed = text_transformation([{"Priority": 0, "Type": kind}])(value)
    assert isinstance(changed, bytes)


def test_a_header_is_found_whatever_its_case_and_its_repetitions_are_one_value() -> None:
    part = {"SingleHeader": {"Name": "User-Agent"}}
    seen = request(headers=(("user-agent", "a"), ("user-agent", "b")))
    assert judge(byte_match("a,b", "EXACTLY", part), seen)
    assert not judge(byte_match("", "CONTAINS", part), request())


def test_an_argument_a_cookie_and_a_method_are_parts_too() -> None:
    argument = {"SingleQueryArgument": {"Name": "Debug"}}
    cookies = {"Cookies": {"MatchPattern": {"IncludedCookies": ["role"]}, "MatchScope": "VALUE"}}
    assert judge(byte_match("1", "EXACTLY", argument), request(query="a=2&debug=1"))
    assert judge(
        byte_match("root", "EXACTLY", cookies), request(headers=(("cookie", "a=1; role=root"),))
    )
    assert not judge(byte_match("1", "EXACTLY", cookies), request(headers=(("cookie", "a=1"),)))
    assert judge(byte_match("DELETE", "EXACTLY", {"Method": {}}), request(method="DELETE"))


@pytest.mark.parametrize(
    ("oversize", "blocked"), [("MATCH", True), ("NO_MATCH", False), ("CONTINUE", False)]
)
def test_a_body_beyond_8_kb_is_handled_as_the_statement_says(oversize: str, blocked: bool) -> None:
    statement = byte_match("end", "ENDS_WITH", {"Body": {"OversizeHandling": oversize}})
    assert judge(statement, request(body=b"x" * MAX_BYTES + b"end")) is blocked
    assert judge(statement, request(body=b"the end"))


def test_only_the_first_headers_are_inspected() -> None:
    headers = {"MatchPattern": {"All": {}}, "MatchScope": "VALUE", "OversizeHandling": "CONTINUE"}
    many = tuple(("x-filler", "y") for _ in range(MAX_FIELDS))
    statement = byte_match("evil", "EXACTLY", {"Headers": headers})
    assert judge(statement, request(headers=(("x-last", "evil"), *many)))
    assert not judge(statement, request(headers=(*many, ("x-last", "evil"))))


def test_a_json_body_is_searched_by_key_or_value() -> None:
    values = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "VALUE"}}
    keys = {"JsonBody": {"MatchPattern": {"All": {}}, "MatchScope": "KEY"}}
    seen = request(body=b'{"role": ["admin", {"deep": 7}]}')
    assert judge(byte_match("admin", "EXACTLY", values), seen)
    assert judge(byte_match("7", "EXACTLY", values), seen)
    assert judge(byte_match("x", "ENDS_WITH", values), request(body=b'["\\ud800x"]'))
    assert judge(byte_match("deep", "EXACTLY", keys), seen)
    assert not judge(byte_match("admin", "EXACTLY", keys), seen)


def test_a_size_counts_bytes() -> None:
    size = {
        "FieldToMatch": PATH,
        "ComparisonOperator": "GT",
        "Size": 9,
        "TextTransformations": NONE,
    }
    assert judge({"SizeConstraintStatement": size}, request("/api/münchen"[:9]))
    assert not judge({"SizeConstraintStatement": size}, request("/api/foo1"))


def test_regular_expressions_may_stand_in_a_set() -> None:
    part = {"SingleHeader": {"Name": "user-agent"}}
    statement = {
        "RegexPatternSetReferenceStatement": {
            "ARN": BOTS,
            "FieldToMatch": part,
            "TextTransformations": NONE,
        }
    }
    assert judge(statement, request(headers=(("user-agent", "a Crawler"),)))
    assert not judge(statement, request(headers=(("user-agent", "no bot/"),)))


def test_an_ip_set_holds_the_peer_or_a_forwarded_address() -> None:
    statement: dict[str, Any] = {"IPSetReferenceStatement": {"ARN": OFFICE}}
    assert judge(statement, request(peer=ipaddress.ip_address("10.1.2.3")))
    assert judge(statement, request(peer=ipaddress.ip_address("2001:db8::1")))
    assert not judge(statement, request())

    for position, blocked in {"FIRST": False, "LAST": True, "ANY": True}.items():
        forwarded = {
            "HeaderName": "X-Forwarded-For",
            "FallbackBehavior": "NO_MATCH",
            "Position": position,
        }
        statement["IPSetReferenceStatement"]["IPSetForwardedIPConfig"] = forwarded
        seen = request(headers=(("x-forwarded-for", "192.0.2.1, 10.0.0.9"),))
        assert judge(statement, seen) is blocked


def test_an_address_that_is_none_falls_back_as_the_statement_says() -> None:
    for fallback in ("MATCH", "NO_MATCH"):
        forwarded = {
            "HeaderName": "X-Forwarded-For",
            "FallbackBehavior": fallback,
            "Position": "FIRST",
        }
        statement = {
            "IPSetReferenceStatement": {"ARN": OFFICE, "IPSetForwardedIPConfig": forwarded}
        }
        seen = request(headers=(("x-forwarded-for", "nonsense"),))
        assert judge(statement, seen) is (fallback == "MATCH")
        assert not judge(statement, request())


def test_of_many_forwarded_addresses_the_last_ten_are_seen() -> None:
    forwarded = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH", "Position": "ANY"}
    statement = {"IPSetReferenceStatement": {"ARN": OFFICE, "IPSetForwardedIPConfig": forwarded}}
    inside, others = "10.0.0.9", ["192.0.2.1"] * 9
    for addresses, blocked in (([inside, *others], True), ([inside, *others, others[0]], False)):
        seen = request(headers=(("x-forwarded-for", ", ".join(addresses)),))
        assert judge(statement, seen) is blocked
    assert judge(
        statement, request(headers=(("x-forwarded-for", ",".join([*others * 3, inside])),))
    )


def test_a_rule_is_left_out_for_a_request_without_the_header_of_its_address() -> None:
    forwarded = {
        "HeaderName": "X-Forwarded-For",
        "FallbackBehavior": "MATCH",
        "Position": "FIRST",
    }
    office = {"IPSetReferenceStatement": {"ARN": OFFICE, "IPSetForwardedIPConfig": forwarded}}
    statement = {"NotStatement": {"Statement": office}}
    assert judge(statement, request(headers=(("x-forwarded-for", "192.0.2.1"),)))
    assert not judge(statement, request(headers=(("x-forwarded-for", "10.0.0.9"),)))
    assert not judge(statement, request())


def test_a_client_of_this_machine_says_itself_which_country_it_is_in() -> None:
    statement = {"GeoMatchStatement": {"CountryCodes": ["DE", "FR"]}}
    assert judge(statement, request(headers=(("x-local-aws-country", "fr"),)))
    assert not judge(statement, request(headers=(("x-local-aws-country", "IT"),)))
    assert not judge(statement, request())


def test_statements_are_joined_and_turned_round() -> None:
    api, admin = byte_match("/api", "STARTS_WITH"), byte_match("admin")
    assert judge({"AndStatement": {"Statements": [api, admin]}}, request("/api/admin"))
    assert not judge({"AndStatement": {"Statements": [api, admin]}}, request("/api/foo"))
    assert judge({"OrStatement": {"Statements": [api, admin]}}, request("/admin"))
    assert judge({"NotStatement": {"Statement": api}}, request("/admin"))


def test_a_rule_that_counts_labels_the_request_and_the_next_one_decides() -> None:
    counting = rule(byte_match("/api"), "Count", name="label") | {"RuleLabels": [{"Name": "api"}]}
    label = {"LabelMatchStatement": {"Scope": "LABEL", "Key": "api"}}
    deciding = rule(label, name="block", priority=2)
    verdict = acl(deciding, counting).evaluate(request())
    assert (verdict.is_blocked, verdict.rule, verdict.counted) == (True, "block", ("label",))
    assert not acl(deciding).evaluate(request()).is_blocked


def test_the_lowest_priority_decides_and_allow_ends_it() -> None:
    blocking = rule(byte_match("/api"), "Block", name="late", priority=9)
    allowing = rule(byte_match("/api/foo"), "Allow", name="early", priority=2)
    assert acl(blocking, allowing).evaluate(request()).rule == "early"
    assert acl(blocking, allowing).evaluate(request("/api/bar")).rule == "late"


def test_the_default_action_decides_what_no_rule_does() -> None:
    verdict = acl(DefaultAction={"Block": {}}).evaluate(request())
    assert (verdict.is_blocked, verdict.rule) == (True, None)


def test_a_block_may_answer_in_its_own_words() -> None:
    blocking = rule(byte_match("/api"))
    blocking["Action"] = {
        "Block": {
            "CustomResponse": {
                "ResponseCode": 429,
                "CustomResponseBodyKey": "slow",
                "ResponseHeaders": [{"Name": "retry-after", "Value": "60"}],
            }
        }
    }
    bodies = {"slow": {"ContentType": "APPLICATION_JSON", "Content": '{"error": "slow down"}'}}
    verdict = acl(blocking, CustomResponseBodies=bodies).evaluate(request())
    assert verdict.action.response == CustomResponse(
        429, "application/json", b'{"error": "slow down"}', (("retry-after", "60"),)
    )


def rate_statement(limit: int, **more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": limit, "AggregateKeyType": "IP"} | more}


def blocked_at(protected: WebAcl, seconds: float, **given: Any) -> Evaluation:
    return protected.evaluate(request(now=1e9 + seconds, **given))


def test_a_rate_blocks_beyond_its_limit_until_the_window_has_passed() -> None:
    protected = acl(rule(rate_statement(10, EvaluationWindowSec=60)))
    assert [blocked_at(protected, 0).is_blocked for _ in range(12)] == [False] * 10 + [True] * 2
    assert blocked_at(protected, 50).is_blocked
    assert not blocked_at(protected, 62).is_blocked


def test_each_address_has_a_rate_of_its_own() -> None:
    protected = acl(rule(rate_statement(1)))
    for address in ("192.0.2.1", "192.0.2.2"):
        peer = ipaddress.ip_address(address)
        assert not blocked_at(protected, 0, peer=peer).is_blocked
        assert blocked_at(protected, 0, peer=peer).is_blocked


def test_only_requests_within_the_scope_count() -> None:
    protected = acl(rule(rate_statement(1, ScopeDownStatement=byte_match("/api"))))
    for _ in range(3):
        assert not blocked_at(protected, 0, path="/health").is_blocked
    assert not blocked_at(protected, 0).is_blocked
    assert blocked_at(protected, 0).is_blocked


def test_a_rate_may_count_by_keys_of_ones_own() -> None:
    keys = [{"Header": {"Name": "x-key", "TextTransformations": NONE}}, {"IP": {}}]
    protected = acl(rule(rate_statement(1, AggregateKeyType="CUSTOM_KEYS", CustomKeys=keys)))
    for key in ("a", "b"):
        headers = (("x-key", key),)
        assert not blocked_at(protected, 0, headers=headers).is_blocked
        assert blocked_at(protected, 0, headers=headers).is_blocked
    assert not any(blocked_at(protected, 0).is_blocked for _ in range(3))


def test_the_counter_forgets_the_quietest_key_and_never_grows_beyond_its_bound() -> None:
    counter = RateCounter(60)
    for number in range(MAX_KEYS + 5):
        counter.count((str(number).encode(),), 0.0)
    assert len(counter._counts) == MAX_KEYS
    assert counter.count((b"0",), 0.0) == 1


def test_what_cannot_be_decided_here_is_left_out_by_name_and_the_rest_works() -> None:
    managed = {
        "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
    }
    rules = [
        {"Name": "common", "Priority": 0, "Statement": managed, "OverrideAction": {"None": {}}},
        rule(
            {"XssMatchStatement": {"FieldToMatch": PATH, "TextTransformations": NONE}}, name="xss"
        ),
        rule(byte_match("a", "EXACTLY", PATH, "CSS_DECODE"), name="css"),
        rule(byte_match("/api"), "Challenge", name="challenge"),
        rule(byte_match("/api"), name="ours", priority=9),
    ]
    protected = acl(*rules)
    assert protected.skipped_rules == {
        "common": "the managed rule group AWS/AWSManagedRulesCommonRuleSet",
        "xss": "the statement XssMatch",
        "css": "the text transformation CSS_DECODE",
        "challenge": "the action Challenge",
    }
    assert protected.evaluate(request()).rule == "ours"


def test_the_rules_of_a_group_act_as_the_rule_that_refers_to_it_says() -> None:
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
    seen = request()
    verdict = acl(referring, group=group).evaluate(seen)
    assert (verdict.rule, verdict.counted) == ("group/second", ("group/first",))
    assert seen.labels == {"awswaf:111111111111:rulegroup:ours:a"}

    counting = referring | {"OverrideAction": {"Count": {}}}
    assert not acl(counting, group=group).evaluate(request()).is_blocked


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
    everything = {"MatchPattern": {"All": {}}, "MatchScope": "ALL", "OversizeHandling": "MATCH"}
    parts = [json_body, {"Headers": everything}, {"Cookies": everything}, {"AllQueryArguments": {}}]
    some = [
        byte_match("x", "CONTAINS_WORD", part, "URL_DECODE_UNI", "HTML_ENTITY_DECODE")
        for part in parts
    ]
    forwarded = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}
    rated = rate_statement(5, AggregateKeyType="FORWARDED_IP", ForwardedIPConfig=forwarded)
    protected = acl(rule({"OrStatement": {"Statements": [*some, rated]}}))
    seen = request(
        path.encode("utf-8", "replace").decode(),
        query=query.encode("utf-8", "replace").decode(),
        headers=tuple((name, value.encode("utf-8", "replace").decode()) for name, value in headers),
        body=body,
    )
    assert protected.evaluate(seen).action.kind in {"allow", "block"}
