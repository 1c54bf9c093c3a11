from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrarium import strict_json
from terrarium.strict_json import JsonError

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_VALUES, st.sampled_from([None, 2]), st.booleans())
def test_whatever_a_writer_of_json_writes_is_accepted(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    strict_json.check(json.dumps(value, indent=indent, ensure_ascii=ascii_only))


@given(st.text())
def test_nothing_is_accepted_that_python_does_not_read_as_json(text: str) -> None:
    try:
        strict_json.check(text)
    except JsonError:
        return
    json.loads(text)


@given(st.dictionaries(st.text(), st.text(), min_size=1, max_size=5), st.integers(0, 5))
def test_a_key_given_twice_is_refused_wherever_it_is(value: dict[str, object], depth: int) -> None:
    inner = json.dumps(value)
    again = f"{json.dumps(next(iter(value)))}: 1"
    text = "[" * depth + f"{inner[:-1]}, {again}}}" + "]" * depth
    with pytest.raises(JsonError, match="duplicate key"):
        strict_json.check(text)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "expecting value (column 1)"),
        ('{\n  "a": 1,\n}', 3, "enclosed in double quotes"),
        ('{"a": 1}\n\n{"b": 2}', 3, "extra data"),
        ('{\n"a": "tab\there"}', 2, "invalid control character"),
        ("// comment\n{}", 1, "expecting value"),
        ("[\n1,\n02]", 3, "delimiter"),
        ('["\\x41"]', 1, "escape"),
        ('\ufeff{"a": 1}', 1, "byte order mark"),
        ('{\n"a": [1,\nNaN]}', 3, "NaN is not a JSON number"),
        ('{"a": "NaN",\n"b": -Infinity}', 2, "-Infinity is not a JSON number"),
        ('{"a": 1,\n"b": 2,\n"a": 3}', 3, 'duplicate key "a"'),
        ('{"a": 1,\n"\\u0061"\n: 3}', 2, 'duplicate key "\\u0061"'),
        ('[{"a": {"b": 1}},\n{"a": {"b": 1,\n"b": 1}}]', 3, 'duplicate key "b"'),
        ('{"a\\\\": ":{",\n"a\\\\": "[\\""}', 2, "duplicate key"),
    ],
)
def test_the_first_departure_is_named_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(JsonError) as caught:
        strict_json.check(text)
    assert caught.value.line == line
    assert reason in caught.value.reason


def test_the_same_key_in_different_objects_is_no_duplicate() -> None:
    strict_json.check('[{"a": {"a": 1}}, {"a": ["a", {"a": "a"}]}]' + " " * 10)


def test_a_wide_text_is_not_a_deep_one() -> None:
    strict_json.check("[" + "[],{}," * 200 + '"[[[["]')


@pytest.mark.parametrize("depth", [101, 100_000])
def test_too_deep_a_text_is_refused_and_not_a_crash(depth: int) -> None:
    text = "[\n" * depth + "]" * depth
    with pytest.raises(JsonError, match="line 101: nested more than 100 deep"):
        strict_json.check(text)


def test_the_deepest_text_allowed_is_accepted() -> None:
    strict_json.check("[" * 100 + "]" * 100)


def test_a_number_of_any_length_is_accepted() -> None:
    strict_json.check("9" * 100_000)
