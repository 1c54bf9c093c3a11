from __future__ import annotations

from pathlib import Path

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.functions import library
from terragrunt_runner.language.evaluate import evaluate
from terragrunt_runner.language.parser import parse_expression_text
from terragrunt_runner.language.scope import ANY, CallSite, EvaluationError, Library, Scope
from terragrunt_runner.language.syntax_tree import Expression
from terragrunt_runner.language.types import NUMBER, STRING
from terragrunt_runner.language.values import (
    InvalidValueError,
    LazyObject,
    List,
    Map,
    Null,
    UnsupportedError,
    Value,
)

FILE = Path("unit/terragrunt.hcl")


def _value(text: str, scope: Scope | None = None) -> Value:
    return evaluate(parse_expression_text(text, FILE), scope or Scope(functions=library()))


def test_values_are_python_values() -> None:
    assert _value('{ a = [1, "x", true, null], b = 2.5 - 0.5 }') == {
        "a": (1, "x", True, None),
        "b": 2,
    }
    assert isinstance(_value('tolist(["a"])'), List)
    assert isinstance(_value("tomap({a = 1})"), Map)
    assert _value("tostring(null)") == Null(STRING)


def test_a_lazy_object_computes_each_attribute_once_when_it_is_read() -> None:
    computed: list[str] = []

    def compute(name: str) -> Value:
        computed.append(name)
        return f"<{name}>"

    scope = Scope({"local": LazyObject(("a", "b"), compute)})
    assert _value('"${local.a}${local["a"]}"', scope) == "<a><a>"
    assert computed == ["a"]


def test_a_lazy_object_as_a_whole_is_an_object() -> None:
    nested = LazyObject(("b",), lambda _: 1)
    scope = Scope({"local": LazyObject(("a",), lambda _: nested)}, library())
    assert _value("local", scope) == {"a": {"b": 1}}
    assert _value("jsonencode(local)", scope) == '{"a":{"b":1}}'
    assert _value("[for k, v in local : k]", scope) == ("a",)
    assert _value("local.a == {b = 1}", scope) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x.y", "there is no variable named 'x'"),
        ("local.b", "the object has no attribute named 'b'"),
        ("local.a.b", "a string has no attributes, so no 'b'"),
        ("[1][2]", "index 2 is outside the 1 element(s)"),
        ('"${[]}x"', "cannot include this value in a string: a string required, but this is a"),
        ("1 + {}", "a number required, but this is an object"),
        ('1 + "x"', "a number is required, and 'x' is not one"),
        ("null + 1", "the value is null, and a number is required"),
        ("1 / 0", "division by zero"),
        ("true ? 1 : []", "the two results of a condition must have consistent types"),
        ("[for x in 5 : x]", "cannot iterate over a number"),
        ('{for x in ["a", "a"] : x => x}', "two elements have the key 'a'"),
        ("upper()", "upper(): 1 argument(s) required, 0 given"),
        ('upper("a", "b")', "upper(): at most 1 argument(s), 2 given"),
        ("upper([])", "upper(): argument 1: a string required, but this is a tuple"),
        ("upper(null)", "upper(): argument 1 must not be null"),
        ("{local.a = 1}", "an object key that is a reference must be in parentheses"),
    ],
)
def test_an_error_names_file_line_and_cause(text: str, message: str) -> None:
    scope = Scope({"local": {"a": "x"}}, library())
    with pytest.raises(EvaluationError) as caught:
        _value(f"(\n{text}\n)", scope)
    assert str(caught.value).startswith(f"{FILE}:2: {message}")


def test_try_does_not_hide_an_unknown_function() -> None:
    with pytest.raises(ConfigurationError, match=r":1: there is no function named 'frobnicate'"):
        _value("try(frobnicate(1), 2)")


def test_a_function_gets_converted_arguments_and_its_call_site() -> None:
    functions = library()

    @functions.define("where", STRING, NUMBER, optional=1, site=True)
    def where(site: CallSite, text: str, number: int = 7) -> str:
        return f"{text}{number + 1} {site.file}:{site.line} {site.scope.directory}"

    scope = Scope(functions=functions, directory=Path("unit"))
    assert _value('\nwhere(5, "3")', scope) == f"54 {FILE}:2 unit"
    assert _value("where(true)", scope) == f"true8 {FILE}:1 unit"
    assert "where" not in library()


def test_a_lazy_function_evaluates_its_arguments() -> None:
    functions = Library()

    @functions.define("first", lazy=True)
    def first(site: CallSite, expressions: tuple[Expression, ...]) -> Value:
        return site.evaluate(expressions[0])

    assert _value("first(local.a, nothing.at.all)", Scope({"local": {"a": 1}}, functions)) == 1


def test_try_catches_only_the_errors_that_terraform_has() -> None:
    functions = library()

    @functions.define("invalid", ANY)
    def invalid(value: Value) -> Value:
        raise InvalidValueError(f"not {value}")

    @functions.define("unsupported", ANY)
    def unsupported(value: Value) -> Value:
        raise UnsupportedError(f"not {value}")

    scope = Scope(functions=functions)
    assert _value("try(invalid(1), 2)", scope) == 2
    assert _value("can(invalid(1))", scope) is False
    with pytest.raises(ConfigurationError, match=r"unsupported\(\): not 1") as caught:
        _value("try(unsupported(1), 2)", scope)
    assert not isinstance(caught.value, EvaluationError)


def test_a_for_variable_hides_an_outer_variable_only_inside() -> None:
    scope = Scope({"x": "outer"})
    assert _value("[x, [for x in [1] : x], x]", scope) == ("outer", (1,), "outer")


def test_endless_recursion_is_an_error() -> None:
    def again(_: str) -> Value:
        return _value("local.a", scope)

    scope = Scope({"local": LazyObject(("a",), again)})
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        _value("local.a", scope)


def test_a_long_sum_is_evaluated() -> None:
    assert _value(" + ".join(["1"] * 5000)) == 5000
