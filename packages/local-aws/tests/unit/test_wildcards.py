from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_aws.wildcards import matches


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("/health", "/health", True),
        ("/health", "/health/", False),
        ("/api/*", "/api/foo", True),
        ("/api/*", "/api/", True),
        ("/api/*", "/api", False),
        ("/api/?", "/api/x", True),
        ("/api/?", "/api/", False),
        ("*/img/*", "/a/img/b", True),
        ("/a*b*c", "/axxbyyc", True),
        ("/a*b*c", "/axxcyyb", False),
        ("a*a", "a", False),
        ("/a.c", "/abc", False),
        ("/Api", "/api", False),
        ("", "", True),
        ("*", "", True),
    ],
)
def test_a_star_is_any_text_and_a_question_mark_one_character(
    pattern: str, text: str, expected: bool
) -> None:
    assert matches(pattern, text) is expected


def test_case_can_be_ignored() -> None:
    assert matches("*.Example.com", "API.example.COM", ignore_case=True)


def test_escaped_wildcards_match_themselves() -> None:
    assert matches(r"what\?", "what?", escapes=True)
    assert not matches(r"what\?", "whats", escapes=True)
    assert matches(r"a\*b*", "a*bcd", escapes=True)


def test_a_hostile_text_cannot_stall_the_search() -> None:
    assert not matches("/*a*a*a*a*b", "/" + "a" * 16_000)


@settings(deadline=None)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_a_pattern_matches_like_its_plain_regular_expression(pattern: str, text: str) -> None:
    plain = pattern.replace("*", ".*").replace("?", ".")
    assert matches(pattern, text) == (re.fullmatch(plain, text) is not None)
