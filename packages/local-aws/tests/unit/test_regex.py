from __future__ import annotations

import pytest
from local_aws.regex import PatternError, Regex


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "(?>a)", "a++", "(", "[z-a]", "\ud800"]
)
def test_a_pattern_that_aws_does_not_support_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="is not a regular expression"):
        Regex(pattern)


@pytest.mark.parametrize("pattern", ["((a{100}){100}){100}", "((?:){60000}){60000}"])
def test_a_pattern_that_is_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Regex(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+x", "(a|a)*x", "(.*)*x", ".*.*.*x", "(a?){500}x"])
def test_a_hostile_text_cannot_stall_the_search(pattern: str) -> None:
    assert not Regex(pattern).is_in(b"a" * 16_000 + b"b")


def test_the_syntax_is_that_of_re2() -> None:
    assert Regex(r"^\pL+$").is_in("é".encode())
    assert Regex("(?U)a+").replace_first("aa", "x") == "xa"


def test_a_dot_is_a_character_or_in_binary_text_a_byte() -> None:
    assert Regex("^.$").is_in("é".encode())
    assert Regex("^..$", binary=True).is_in("é".encode())


@pytest.mark.parametrize(
    ("pattern", "text", "template", "expected"),
    [
        ("^/dp/([A-Z]+)", "/dp/AB?x", "/p.php?id=$1&", "/p.php?id=AB&?x"),
        ("b", "abab", "x", "axab"),
        ("(a|ab)(c|bcd)?", "abcd", "$2-$1", "bcd-a"),
        ("(a)|(b)", "b", "[$1$2]", "[b]"),
        ("b", "b\udcff", "x", "x\udcff"),
        ("z", "abab", "x", None),
    ],
)
def test_the_first_match_is_replaced(
    pattern: str, text: str, template: str, expected: str | None
) -> None:
    assert Regex(pattern).replace_first(text, template) == expected


def test_a_template_cannot_refer_to_a_missing_group() -> None:
    with pytest.raises(PatternError, match="has no group 2"):
        Regex("(a)").replace_first("a", "$2")
