"""What a parsed configuration is made of: bodies, blocks, attributes and expressions.

Every node knows its file and line. ``Expression.references()`` lists what an expression reads, as
traversals: ``local.a["b"].c`` is ``("local", "a", "b", "c")``. A traversal ends where the next
step is not known before evaluation (``local.a[local.i]`` reads ``("local", "a")`` and
``("local", "i")``). The variables that a for expression declares are not references.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from terragrunt_runner.errors import ConfigurationError

Traversal: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """``text`` with the ``file`` it came from. Offsets count characters from 0, lines from 1."""

    text: str = field(repr=False)
    file: Path
    _starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, character in enumerate(self.text) if character == "\n")
        object.__setattr__(self, "_starts", starts)

    def line(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def error(self, message: str, offset: int, *, hint: str | None = None) -> ConfigurationError:
        """To raise for the line that ``offset`` stands in."""
        return ConfigurationError(message, file=self.file, line=self.line(offset), hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    source: Source
    offset: int

    @property
    def file(self) -> Path:
        return self.source.file

    @property
    def line(self) -> int:
        return self.source.line(self.offset)

    def children(self) -> tuple[Expression, ...]:
        return ()

    def references(self) -> frozenset[Traversal]:
        return frozenset(_references(self, frozenset()))


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

    def children(self) -> tuple[Expression, ...]:
        return (self.object,)


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """``object[key]``, and the legacy ``object.0``"""

    object: Expression
    key: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.object, self.key)


@dataclass(frozen=True, slots=True)
class SplatItem(Expression):
    """Stands in a splat's ``each`` for the element at hand."""


@dataclass(frozen=True, slots=True)
class Splat(Expression):
    """``object[*]`` or ``object.*``: ``each`` is evaluated for every element, its ``item``."""

    object: Expression
    item: SplatItem
    each: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.object, self.each)


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """``name(arguments)``; with ``expand`` the last argument is a list of arguments."""

    name: str
    arguments: tuple[Expression, ...]
    expand: bool

    def children(self) -> tuple[Expression, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    operator: str
    operand: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    operator: str
    left: Expression
    right: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Conditional(Expression):
    condition: Expression
    true: Expression
    false: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.condition, self.true, self.false)


@dataclass(frozen=True, slots=True)
class Parentheses(Expression):
    """Kept because ``{(a) = 1}`` and ``{a = 1}`` differ."""

    inner: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.inner,)


@dataclass(frozen=True, slots=True)
class TupleConstructor(Expression):
    items: tuple[Expression, ...]

    def children(self) -> tuple[Expression, ...]:
        return self.items


@dataclass(frozen=True, slots=True)
class ObjectConstructor(Expression):
    items: tuple[tuple[Expression, Expression], ...]

    def children(self) -> tuple[Expression, ...]:
        return tuple(side for item in self.items for side in item)


@dataclass(frozen=True, slots=True)
class For(Expression):
    """``[for key_name, value_name in collection : value if condition]``, or with a ``key`` the
    object form; ``group`` is its ``...``."""

    key_name: str | None
    value_name: str
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool


@dataclass(frozen=True, slots=True)
class Template(Expression):
    """Strings joined; every part is converted to a string."""

    parts: tuple[Expression, ...]

    def children(self) -> tuple[Expression, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class TemplateFor(Expression):
    """``%{ for }``: the results of ``each``, joined."""

    each: For

    def children(self) -> tuple[Expression, ...]:
        return (self.each,)


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


def _references(expression: Expression, bound: frozenset[str]) -> Iterator[Traversal]:
    pending = [(expression, bound)]
    while pending:
        node, names = pending.pop()
        if isinstance(node, For):
            inner = names | {name for name in (node.key_name, node.value_name) if name}
            pending.append((node.collection, names))
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
                pending.append((base.key, names))
            base = base.object
        if isinstance(base, Variable):
            if base.name not in names:
                yield (base.name, *reversed(steps))
            continue
        pending.extend((child, names) for child in base.children())
