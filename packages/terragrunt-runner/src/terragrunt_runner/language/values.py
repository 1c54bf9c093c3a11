"""Values, as Python has them where that is faithful.

=================  =====================================================================
Terraform          Python
=================  =====================================================================
null               ``None``; a null that knows its type (``tostring(null)``) is ``Null``
bool, string       ``bool``, ``str``
number             ``int``, or ``numbers.Real`` where it is not whole
tuple, object      ``tuple``, ``dict``
list, set, map     ``List`` and ``Set`` (both tuples), ``Map`` (a dict): they know their
                   element type; a null element is ``None``
=================  =====================================================================

A ``LazyObject`` computes each attribute when it is first read: that is how ``local`` and
``dependency`` are given to the evaluator. Ask ``is_null`` rather than ``is None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from terragrunt_runner.language.numbers import Number, Real, exact, format_number
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Collection,
    ObjectType,
    TupleType,
    Type,
)

Value: TypeAlias = object


class InvalidValueError(Exception):
    """Terraform calls this an error. The evaluator adds file and line; ``try`` catches it."""


class UnsupportedError(Exception):
    """Terraform has an answer and we do not. The evaluator adds file and line; ``try`` does not
    catch it, for then the answer would differ."""


@dataclass(frozen=True, slots=True)
class Null:
    """A null of a known type."""

    type: Type


class List(tuple[Value, ...]):
    element: Type

    def __new__(cls, items: Iterable[Value], element: Type) -> List:
        created = super().__new__(cls, (_bare(item) for item in items))
        created.element = element
        return created


class Set(tuple[Value, ...]):
    """Without duplicates, in Terraform's order."""

    element: Type

    def __new__(cls, items: Iterable[Value], element: Type) -> Set:
        unique = {identity(item): _bare(item) for item in items}
        created = super().__new__(cls, sorted(unique.values(), key=_order))
        created.element = element
        return created


class Map(dict[str, Value]):
    __slots__ = ("element",)
    element: Type

    def __init__(self, items: Mapping[str, Value], element: Type) -> None:
        super().__init__((key, _bare(value)) for key, value in items.items())
        self.element = element


class LazyObject(Mapping[str, Value]):
    """An object of known attribute ``names`` whose values ``compute`` gives, once each."""

    __slots__ = ("_compute", "_known", "_names")

    def __init__(self, names: Iterable[str], compute: Callable[[str], Value]) -> None:
        self._names = tuple(names)
        self._compute = compute
        self._known: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._known:
            if name not in self._names:
                raise KeyError(name)
            self._known[name] = self._compute(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def is_null(value: Value) -> bool:
    return value is None or isinstance(value, Null)


def is_number(value: Value) -> bool:
    return isinstance(value, (int, Real)) and not isinstance(value, bool)


def force(value: Value) -> Value:
    """``value`` without anything lazy in it."""
    if isinstance(value, LazyObject):
        return {name: force(value[name]) for name in value}
    if type(value) is dict:
        return {name: force(item) for name, item in value.items()}
    if type(value) is tuple:
        return tuple(force(item) for item in value)
    return value


def type_of(value: Value) -> Type:
    """Raises TypeError for a Python value that stands for nothing in Terraform."""
    if value is None:
        return DYNAMIC
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, str):
        return STRING
    if isinstance(value, (int, Real)):
        return NUMBER
    return _type_of_structure(value)


def _type_of_structure(value: Value) -> Type:
    if isinstance(value, Null):
        return value.type
    if isinstance(value, List):
        return Collection("list", value.element)
    if isinstance(value, Set):
        return Collection("set", value.element)
    if isinstance(value, Map):
        return Collection("map", value.element)
    if isinstance(value, tuple):
        return TupleType(tuple(type_of(item) for item in value))
    if isinstance(value, Mapping):
        return ObjectType(tuple((name, type_of(value[name])) for name in sorted(value)))
    raise TypeError(f"not a Terraform value: {type(value).__name__}")


def element_of(collection: List | Set | Map, item: Value) -> Value:
    """``item`` as it is outside the collection: a null there has the element type."""
    if item is None and collection.element != DYNAMIC:
        return Null(collection.element)
    return item


def elements(value: Value) -> list[Value]:
    """The elements of a list, set or tuple; the values of a map or object by sorted key."""
    if isinstance(value, (List, Set)):
        return [element_of(value, item) for item in value]
    if isinstance(value, Map):
        return [element_of(value, value[key]) for key in sorted(value)]
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    return list(cast("tuple[Value, ...]", value))


def equal(left: Value, right: Value) -> bool:
    """``==``: never true between different types, so ``1 == "1"`` and ``[] == tolist([])`` are
    false. Nulls are equal whatever their type."""
    if is_null(left) or is_null(right):
        return is_null(left) and is_null(right)
    left, right = force(left), force(right)
    return type_of(left) == type_of(right) and identity(left) == identity(right)


def identity(value: Value) -> tuple[object, ...]:
    """A hashable that is equal for equal values of one type."""
    if is_null(value):
        return ("null",)
    if isinstance(value, (bool, str)):
        return (type(value).__name__, value)
    if isinstance(value, (int, Real)):
        return ("number", exact(value))
    if isinstance(value, Mapping):
        return ("map", *((key, identity(value[key])) for key in sorted(value)))
    return ("list", *map(identity, elements(value)))


def _bare(value: Value) -> Value:
    return None if isinstance(value, Null) else value


def _order(value: Value) -> tuple[object, ...]:
    """Terraform's order of set elements: nulls last; composites by their serialised form."""
    if is_null(value):
        return (1,)
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, str):
        return (0, value.encode())
    if isinstance(value, (int, Real)):
        return (0, exact(value))
    return (0, _serialised(value))


def _serialised(value: Value) -> bytes:  # noqa: PLR0911 - one a rule
    if is_null(value):
        return b"~"
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, str):
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    if isinstance(value, (int, Real)):
        return _short(value).encode()
    if isinstance(value, Map):
        pairs = (_serialised(k) + b":" + _serialised(value[k]) + b";" for k in sorted(value))
        return b"{" + b"".join(pairs) + b"}"
    if isinstance(value, Mapping):
        return b"<" + b"".join(_serialised(value[k]) + b";" for k in sorted(value)) + b">"
    return b"[" + b"".join(_serialised(item) + b";" for item in elements(value)) + b"]"


def _short(number: Number) -> str:
    """Ten significant digits, as Go's ``%.10g``."""
    return f"{float(exact(number)):.10g}" if number else format_number(number)
