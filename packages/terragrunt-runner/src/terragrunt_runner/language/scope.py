"""The scope of an expression: the variables and functions that it can use.

A function has parameters with types. The evaluator converts the arguments to these types before
the call, and refuses null unless a parameter is ``nullable``. Most functions get only their
arguments::

    @LIBRARY.define("upper", STRING)
    def upper(text: str) -> str: ...

With ``site=True`` the first argument is the ``CallSite``. With ``lazy=True`` a function gets
``(site, expressions)``: its arguments, not evaluated. It evaluates them with ``site.evaluate``.

A function raises ``InvalidValueError`` for what Terraform calls an error, and ``UnsupportedError``
where this runner cannot give Terraform's answer. The evaluator adds file and line. A
ConfigurationError passes through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.syntax_tree import Expression
from terragrunt_runner.language.types import DYNAMIC, Type
from terragrunt_runner.language.values import InvalidValueError, Value, is_null

Implementation = TypeVar("Implementation", bound=Callable[..., Value])


class EvaluationError(ConfigurationError):
    """An expression has no value. ``try`` and ``can`` catch it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Evaluation context, in HCL's terms.

    ``variables`` are root objects such as ``local``; they may be ``LazyObject``. Relative paths in
    ``file()`` are relative to ``directory``.
    """

    variables: Mapping[str, Value] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    directory: Path = Path()

    def child(self, variables: Mapping[str, Value]) -> Scope:
        """The scope with more variables, which hide existing ones of the same name."""
        return replace(self, variables={**self.variables, **variables})


@dataclass(frozen=True, slots=True)
class CallSite:
    """The file and line of a call, and the scope that it is evaluated in."""

    file: Path
    line: int
    scope: Scope
    evaluator: Callable[[Expression, Scope], Value]

    def evaluate(self, expression: Expression) -> Value:
        return self.evaluator(expression, self.scope)


@dataclass(frozen=True, slots=True)
class Parameter:
    type: Type
    nullable: bool = False


ANY = Parameter(DYNAMIC)
NULLABLE = Parameter(DYNAMIC, nullable=True)


@dataclass(frozen=True, slots=True)
class Function:
    """``variadic`` takes any number of arguments after ``parameters``; the last ``optional``
    parameters may be left out."""

    implementation: Callable[..., Value]
    parameters: tuple[Parameter, ...] = ()
    variadic: Parameter | None = None
    optional: int = 0
    site: bool = False
    lazy: bool = False

    def bind(self, arguments: list[Value]) -> list[Value]:
        """Convert the arguments. Raises InvalidValueError for a wrong number or type of them."""
        required = len(self.parameters) - self.optional
        if len(arguments) < required:
            raise InvalidValueError(f"{required} argument(s) required, {len(arguments)} given")
        if len(arguments) > len(self.parameters) and self.variadic is None:
            raise InvalidValueError(
                f"at most {len(self.parameters)} argument(s), {len(arguments)} given"
            )
        return [self._convert(i, argument) for i, argument in enumerate(arguments)]

    def _convert(self, index: int, argument: Value) -> Value:
        parameter = self.parameters[index] if index < len(self.parameters) else self.variadic
        assert parameter is not None  # noqa: S101 - bind has counted the arguments
        if is_null(argument) and not parameter.nullable:
            raise InvalidValueError(f"argument {index + 1} must not be null")
        try:
            return convert(argument, parameter.type)
        except InvalidValueError as error:
            raise InvalidValueError(f"argument {index + 1}: {error}") from None


class Library(dict[str, Function]):
    """Functions by name."""

    def define(
        self,
        name: str,
        *parameters: Type | Parameter,
        variadic: Type | Parameter | None = None,
        optional: int = 0,
        site: bool = False,
        lazy: bool = False,
    ) -> Callable[[Implementation], Implementation]:
        """Return a decorator that adds a function to the library."""

        def add(implementation: Implementation) -> Implementation:
            self[name] = Function(
                implementation,
                tuple(map(_parameter, parameters)),
                None if variadic is None else _parameter(variadic),
                optional,
                site,
                lazy,
            )
            return implementation

        return add


def _parameter(given: Type | Parameter) -> Parameter:
    return given if isinstance(given, Parameter) else Parameter(given)
