from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.regular import Expression, PatternError, TooLongError

PATTERNS = [
    "a",
    "^/api/(.+)$",
    "(a|ab)(c|bcd)(d*)",
    "a*?b",
    "(a+)+b",
    "[^/]+/?",
    "[a-c0-9_]{2,3}",
    r"\bab\b",
    r"\w+\d",
    "(a)|(b)",
    "(?:a|b)*c",
    "a??",
    "(a*)*",
    "",
    "x?(a(b)?)+",
]


@given(st.sampled_from(PATTERNS), st.text("abcd/x1_ -", max_size=12), st.booleans())
def test_it_finds_what_re_finds(pattern: str, text: str, ignore_case: bool) -> None:
    expected = re.search(pattern, text, re.ASCII | (re.IGNORECASE if ignore_case else 0))
    found = Expression(pattern, ignore_case=ignore_case).search(text)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert found[0] == expected[0]


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        ("^/api/(.+)/(.*)$", "/api/a/b/c", ("/api/a/b/c", "a/b", "c")),
        ("(a|ab)(c|bcd)?", "abcd", ("abcd"[:1] + "bcd", "a", "bcd")),
        ("(a)|(b)", "b", ("b", "", "b")),
        ("(?i:A)b", "ab", ("ab",)),
    ],
)
def test_groups_are_those_of_the_preferred_match(
    pattern: str, text: str, groups: tuple[str, ...]
) -> None:
    assert Expression(pattern).search(text) == groups


def test_the_first_match_is_replaced_and_groups_may_be_named() -> None:
    assert Expression("^/dp/([A-Z]+)").replace("/dp/AB?x", "/p.php?id=$1&") == "/p.php?id=AB&?x"
    assert Expression("b").replace("abab", "x") == "axab"
    assert Expression("z").replace("abab", "x") is None
    with pytest.raises(PatternError, match="no group 2"):
        Expression("(a)").replace("a", "$2")


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "(?>a)", "a++", "(", "[z-a]", "(?s:.)"]
)
def test_what_aws_does_not_offer_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Expression(pattern)


@pytest.mark.parametrize("pattern", ["((a{100}){100}){100}", "((?:){60000}){60000}"])
def test_a_pattern_that_would_grow_without_bound_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="too large"):
        Expression(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+x", "(a|a)*x", "(.*)*x", ".*.*.*x"])
def test_a_hostile_text_costs_no_more_than_its_length(pattern: str) -> None:
    assert Expression(pattern).search("a" * 2_000 + "b") is None


def test_a_search_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(TooLongError):
        Expression("(a?){500}x").search("a" * 16_000)
