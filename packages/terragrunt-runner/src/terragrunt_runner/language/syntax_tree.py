"""The tree of a parsed configuration: bodies, blocks, attributes and expressions.

Every node knows its file and line. ``Expression.references()`` lists the traversals that an
expression reads: ``local.a["b"].c`` is ``("local", "a", "b", "c")``. A traversal ends at a step
that is known only after evaluation: ``local.a[local.i]`` reads ``("local", "a")`` and
``("local", "i")``. The variables of a for expression are not references.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeAlias

from terragrunt_runner.errors import ConfigurationError

Traversal: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file. Offsets count characters from 0, lines count from 1."""

    text: str = field(repr=False)
    file: Path

    def line(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def error(self, message: str, offset: int, *, hint: str | None = None) -> ConfigurationError:
        """Return an error for the line of ``offset``."""
        return ConfigurationError(message, file=self.file, line=self.line(offset), hint=hint)


@dataclass(frozen=True, slots=True)
class Expression:
    source: Source
    offset: int

    @property
    def file(self) -> Path:
        return self.source.file

    @property
    def line(self) -> int:
        return self.source.line(self.offset)

    def children(self) -> Iterator[Expression]:
        for member in fields(self):
            yield from _expressions(getattr(self, member.name))

    def references(self) -> frozenset[Traversal]:
        return frozenset(_references(self))


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A number, string, bool or null."""

    value: object


@dataclass(frozen=True, slots=True)
class Variable(Expression):
    name: str


@dataclass(frozen=True, slots=True)
class GetAttribute(Expression):
    """``object.name``"""

    object: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """``object[key]``, and the legacy ``object.0``"""

    object: Expression
    key: Expression


@dataclass(frozen=True, slots=True)
class SplatItem(Expression):
    """The current element, inside a splat's ``each``."""


@dataclass(frozen=True, slots=True)
class Splat(Expression):
    """``object[*]`` or ``object.*``: ``each`` is evaluated for every element as ``item``."""

    object: Expression
    item: SplatItem
    each: Expression


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """``name(arguments)``; with ``expand`` the last argument is a list of arguments."""

    name: str
    arguments: tuple[Expression, ...]
    expand: bool


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Expression):
    condition: Expression
    true: Expression
    false: Expression


@dataclass(frozen=True, slots=True)
class Parentheses(Expression):
    """``(inner)``: a separate node, because ``{(a) = 1}`` and ``{a = 1}`` differ."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class TupleConstructor(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectConstructor(Expression):
    items: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class For(Expression):
    """``[for key_name, value_name in collection : value if condition]``.

    With a ``key`` it is the object form; ``group`` is its ``...``.
    """

    key_name: str | None
    value_name: str
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool


@dataclass(frozen=True, slots=True)
class Template(Expression):
    """Parts that are converted to strings and joined."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class TemplateFor(Expression):
    """``%{ for }``: the results of ``each``, joined."""

    each: For


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = expression`` in a body."""

    name: str
    expression: Expression
    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    type: str
    labels: tuple[str, ...]
    body: Body
    file: Path
    line: int


@dataclass(frozen=True, slots=True)
class Body:
    attributes: Mapping[str, Attribute]
    blocks: tuple[Block, ...]


def _expressions(member: object) -> Iterator[Expression]:
    if isinstance(member, Expression):
        yield member
    elif isinstance(member, tuple):
        for item in member:
            yield from _expressions(item)


def _references(expression: Expression) -> Iterator[Traversal]:
    # A stack instead of recursion: long chains of operators nest deeply.
    pending: list[tuple[Expression, frozenset[str]]] = [(expression, frozenset())]
    while pending:
        node, bound = pending.pop()
        if isinstance(node, For):
            inner = bound | {name for name in (node.key_name, node.value_name) if name}
            pending.append((node.collection, bound))
            pending.extend((part, inner) for part in (node.key, node.value, node.condition) if part)
            continue
        steps: list[str | int] = []
        base = node
        while isinstance(base, (GetAttribute, Index)):
            if isinstance(base, GetAttribute):
                steps.append(base.name)
            elif isinstance(base.key, Literal) and isinstance(base.key.value, (str, int)):
                steps.append(base.key.value)
            else:
                steps.clear()
                pending.append((base.key, bound))
            base = base.object
        if isinstance(base, Variable):
            if base.name not in bound:
                yield (base.name, *reversed(steps))
            continue
        pending.extend((child, bound) for child in base.children())
