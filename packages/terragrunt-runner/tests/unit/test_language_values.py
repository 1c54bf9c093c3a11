from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragrunt_runner.language.convert import convert, convertible, to_string, unify
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
    ObjectType,
    TupleType,
    list_of,
    map_of,
    set_of,
)
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    Map,
    Null,
    Set,
    Value,
    equal,
    is_null,
    type_of,
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


def test_json_is_escaped_as_in_go() -> None:
    assert to_json("<a&b>\u2028\x01\x7f\b\f\n\té") == (
        '"\\u003ca\\u0026b\\u003e\\u2028\\u0001\x7f\\b\\f\\n\\té"'
    )


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


def test_a_set_is_sorted_and_has_no_duplicates() -> None:
    assert tuple(Set([10, 9, 10, 1], NUMBER)) == (1, 9, 10)
    assert tuple(Set(["b", "B", "a"], STRING)) == ("B", "a", "b")
    assert tuple(Set([True, False, None], BOOL)) == (False, True, None)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1, True),
        (1, True, False),
        (1, "1", False),
        ((), List((), STRING), False),
        (List((1,), NUMBER), List((1,), NUMBER), True),
        ({"a": 1}, Map({"a": 1}, NUMBER), False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (None, Null(STRING), True),
        (None, "", False),
    ],
)
def test_values_of_different_types_are_never_equal(left: Value, right: Value, same: bool) -> None:
    assert equal(left, right) is same
    assert equal(right, left) is same


def test_a_null_has_the_type_that_it_was_converted_to() -> None:
    assert convert(None, STRING) == Null(STRING)
    assert type_of(convert(None, list_of(NUMBER))) == list_of(NUMBER)
    assert convert((None, "a"), list_of(STRING)) == (None, "a")


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ([NUMBER, STRING], STRING),
        ([NUMBER, BOOL], None),
        ([DYNAMIC, NUMBER], NUMBER),
        ([TupleType((NUMBER,)), TupleType((STRING,))], TupleType((STRING,))),
        ([TupleType((NUMBER,)), TupleType(())], list_of(NUMBER)),
        ([TupleType((NUMBER,)), list_of(STRING)], list_of(STRING)),
        ([ObjectType((("a", NUMBER),)), ObjectType(())], map_of(NUMBER)),
        ([ObjectType(()), TupleType(())], None),
        ([list_of(NUMBER), set_of(STRING)], list_of(NUMBER)),
        ([], DYNAMIC),
    ],
)
def test_types_unify_to_the_most_general_type(types: list[object], expected: object) -> None:
    assert unify(types) == expected  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.sampled_from([STRING, NUMBER, BOOL, list_of(STRING), map_of(NUMBER), set_of(BOOL)]))
def test_every_type_converts_to_itself_and_to_any(kind: object) -> None:
    assert convertible(kind, kind)  # type: ignore[arg-type]
    assert convertible(kind, DYNAMIC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (5, "5"), (parse_number("1.50"), "1.5"), (10**20, "1" + "0" * 20)],
)
def test_primitives_are_converted_to_strings_as_in_terraform(value: Value, text: str) -> None:
    assert to_string(value) == text
