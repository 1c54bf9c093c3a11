"""How a function is described to the evaluator.

A function has parameters with types, to which arguments are converted before it is called; null
is refused unless a parameter is ``nullable``. Most get just their arguments::

    @LIBRARY.define("upper", STRING)
    def upper(text: str) -> str: ...

With ``site=True`` the first argument is the ``Site`` of the call. With ``lazy=True`` a function
gets ``(site, expressions)``, the arguments as they stand in the source, and evaluates them itself
with ``site.evaluate``.

A function raises ``Mismatch`` for what Terraform calls an error and ``Unsupported`` for what it
cannot answer as Terraform would; the evaluator adds file and line. A ConfigurationError passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.nodes import Expression
from terragrunt_runner.language.types import DYNAMIC, Type
from terragrunt_runner.language.values import Mismatch, Value, is_null

if TYPE_CHECKING:
    from terragrunt_runner.language.scope import Scope

Implementation = TypeVar("Implementation", bound=Callable[..., Value])


@dataclass(frozen=True, slots=True)
class Parameter:
    type: Type
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """Where a call stands: ``file`` and ``line``, and the ``scope`` it is evaluated in.
    Relative paths are relative to ``scope.directory``."""

    file: Path
    line: int
    scope: Scope
    evaluator: Callable[[Expression, Scope], Value]

    def evaluate(self, expression: Expression) -> Value:
        return self.evaluator(expression, self.scope)


@dataclass(frozen=True, slots=True)
class Function:
    """``variadic`` takes any number of arguments after ``parameters``, of which the last
    ``optional`` may be left out."""

    name: str
    implementation: Callable[..., Value]
    parameters: tuple[Parameter, ...] = ()
    variadic: Parameter | None = None
    optional: int = 0
    site: bool = False
    lazy: bool = False

    def parameter(self, position: int) -> Parameter | None:
        """The parameter of the argument at ``position``, or None where there are too many."""
        return self.parameters[position] if position < len(self.parameters) else self.variadic

    def bind(self, given: list[Value]) -> list[Value]:
        """The arguments, converted. Raises Mismatch for a wrong number or type of them."""
        required = len(self.parameters) - self.optional
        if len(given) < required:
            raise Mismatch(f"{required} argument(s) required, {len(given)} given")
        converted: list[Value] = []
        for i, value in enumerate(given):
            parameter = self.parameter(i)
            if parameter is None:
                raise Mismatch(f"at most {len(self.parameters)} argument(s), {len(given)} given")
            if is_null(value) and not parameter.nullable:
                raise Mismatch(f"argument {i + 1} must not be null")
            try:
                converted.append(convert(value, parameter.type))
            except Mismatch as error:
                raise Mismatch(f"argument {i + 1}: {error}") from None
        return converted


ANY = Parameter(DYNAMIC)
NULLABLE = Parameter(DYNAMIC, nullable=True)


class Library(Mapping[str, Function]):
    """Functions by name."""

    def __init__(self, functions: Mapping[str, Function] | None = None) -> None:
        self._functions = dict(functions or {})

    def __getitem__(self, name: str) -> Function:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def define(
        self,
        name: str,
        *parameters: Type | Parameter,
        variadic: Type | Parameter | None = None,
        optional: int = 0,
        site: bool = False,
        lazy: bool = False,
    ) -> Callable[[Implementation], Implementation]:
        """A decorator that adds the function below it."""

        def add(implementation: Implementation) -> Implementation:
            self._functions[name] = Function(
                name,
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
