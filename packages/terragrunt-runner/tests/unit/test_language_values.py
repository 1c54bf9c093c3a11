from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragrunt_runner.language.convert import convertible
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.numbers import exact, format_number, parse_number, round_to
from terragrunt_runner.language.parser import parse_expression_text
from terragrunt_runner.language.scope import Scope
from terragrunt_runner.language.serialise import from_json, to_hcl, to_json
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    list_of,
    map_of,
    set_of,
)
from terragrunt_runner.language.values import (
    InvalidValueError,
    Value,
    equal,
    is_null,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
FINITE = st.fractions(max_denominator=10**6) | st.integers(-(10**40), 10**40).map(Fraction)


@settings(deadline=None)
@given(FINITE)
def test_a_formatted_number_is_parsed_as_the_same_number(value: Fraction) -> None:
    number = round_to(value)
    assert exact(parse_number(format_number(number))) == exact(number)


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_decimal_is_formatted_as_it_was_written(value: object) -> None:
    text = f"{value:f}"
    canonical = text.rstrip("0").rstrip(".") if "." in text else text
    assert format_number(parse_number(text)) == ("0" if canonical in ("-0", "") else canonical)


@settings(deadline=None)
@given(JSON)
def test_json_is_read_as_it_was_written(document: object) -> None:
    value = from_json(json.dumps(document))
    again = from_json(to_json(value))
    assert equal(again, value) or is_null(value)
    assert to_json(again) == to_json(value)


@settings(deadline=None)
@given(JSON)
def test_hcl_evaluates_to_the_value_that_it_was_written_for(document: object) -> None:
    value: Value = from_json(json.dumps(document))
    expression = parse_expression_text(to_hcl(value), Path("printed.hcl"))
    assert to_json(evaluate(expression, Scope())) == to_json(value)


def test_hcl_has_sorted_keys_that_are_quoted_only_if_needed() -> None:
    value: Value = {"b": (1, "x${y}"), "a b": None, "for": True, "c": {}, "d": ()}
    assert to_hcl(value) == (
        "{\n"
        '  "a b" = null\n'
        "  b = [\n"
        "    1,\n"
        '    "x$${y}",\n'
        "  ]\n"
        "  c = {}\n"
        "  d = []\n"
        '  "for" = true\n'
        "}"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "not JSON: "), ("[NaN]", "not JSON: NaN"), ("[" * 100_000, "not JSON")],
)
def test_invalid_json_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidValueError, match=reason):
        from_json(text)


@settings(deadline=None)
@given(st.sampled_from([STRING, NUMBER, BOOL, list_of(STRING), map_of(NUMBER), set_of(BOOL)]))
def test_every_type_converts_to_itself_and_to_any(kind: object) -> None:
    assert convertible(kind, kind)  # type: ignore[arg-type]
    assert convertible(kind, DYNAMIC)  # type: ignore[arg-type]
