"""Functions for type conversion, and ``try`` and ``can``."""

from __future__ import annotations

from typing import NoReturn

from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.scope import NULLABLE, CallSite, EvaluationError, Library
from terragrunt_runner.language.syntax_tree import Expression
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Type,
    list_of,
    map_of,
    set_of,
)
from terragrunt_runner.language.values import InvalidValueError, UnsupportedError, Value

LIBRARY = Library()


def _converter(name: str, target: Type) -> None:
    @LIBRARY.define(name, NULLABLE)
    def to_target(value: Value) -> Value:
        return convert(value, target)


_converter("tostring", STRING)
_converter("tonumber", NUMBER)
_converter("tobool", BOOL)
_converter("tolist", list_of(DYNAMIC))
_converter("toset", set_of(DYNAMIC))
_converter("tomap", map_of(DYNAMIC))


@LIBRARY.define("try", lazy=True)
def try_(site: CallSite, expressions: tuple[Expression, ...]) -> Value:
    """Return the first argument that evaluates without an error."""
    if not expressions:
        raise InvalidValueError("at least one argument is required")
    reasons: list[str] = []
    for expression in expressions:
        try:
            return site.evaluate(expression)
        except EvaluationError as error:
            reasons.append(error.message)
    raise InvalidValueError("every argument has an error: " + "; ".join(reasons))


@LIBRARY.define("can", lazy=True)
def can(site: CallSite, expressions: tuple[Expression, ...]) -> bool:
    if len(expressions) != 1:
        raise InvalidValueError("exactly one argument is required")
    try:
        site.evaluate(expressions[0])
    except EvaluationError:
        return False
    return True


@LIBRARY.define("sensitive", NULLABLE)
def sensitive(value: Value) -> NoReturn:  # noqa: ARG001 - the argument is refused
    raise UnsupportedError("a Terragrunt configuration cannot keep a value sensitive")


@LIBRARY.define("nonsensitive", NULLABLE)
@LIBRARY.define("ephemeralasnull", NULLABLE)
def unmarked(value: Value) -> Value:
    """Return the value: no value of a Terragrunt configuration is sensitive or ephemeral."""
    return value


@LIBRARY.define("issensitive", NULLABLE)
def issensitive(value: Value) -> bool:  # noqa: ARG001
    return False


@LIBRARY.define("type", NULLABLE)
def type_(value: Value) -> NoReturn:  # noqa: ARG001
    raise UnsupportedError("it works in 'terraform console' only")


def _removed(name: str, instead: str) -> None:
    @LIBRARY.define(name, variadic=NULLABLE)
    def removed(*values: Value) -> NoReturn:  # noqa: ARG001
        raise InvalidValueError(f"removed from Terraform in 0.15; use {instead}")


_removed("list", "tolist([...])")
_removed("map", "tomap({...})")
