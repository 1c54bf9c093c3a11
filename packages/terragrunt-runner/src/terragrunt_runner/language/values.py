"""Terraform's values in Python.

=================  =====================================================================
Terraform          Python
=================  =====================================================================
null               ``None``; a null that knows its type (``tostring(null)``) is ``Null``
bool, string       ``bool``, ``str``
number             ``int``, or ``numbers.Real`` if it is not whole
tuple, object      ``tuple``, ``dict``
list, set, map     ``List`` and ``Set`` (both tuples), ``Map`` (a dict); they have an element
                   type, and a null element is ``None``
=================  =====================================================================

A ``LazyObject`` computes each attribute when it is first read: ``local`` and ``dependency`` are
such objects. Test for null with ``is_null``, not with ``is None``.
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
    """Terraform has an error here. The evaluator makes it an EvaluationError with file and line."""


class UnsupportedError(Exception):
    """Terraform has an answer here that this runner cannot give.

    The evaluator adds file and line. ``try`` does not catch it: its answer would be a wrong one.
    """


@dataclass(frozen=True, slots=True)
class Null:
    """A null of a known type."""

    type: Type


class List(tuple[Value, ...]):
    element: Type

    def __new__(cls, items: Iterable[Value], element: Type) -> List:
        created = super().__new__(cls, map(_untyped_null, items))
        created.element = element
        return created


class Set(tuple[Value, ...]):
    """The elements are unique and in Terraform's order."""

    element: Type

    def __new__(cls, items: Iterable[Value], element: Type) -> Set:
        unique = {hashable(item): _untyped_null(item) for item in items}
        created = super().__new__(cls, sorted(unique.values(), key=_sort_key))
        created.element = element
        return created


class Map(dict[str, Value]):
    __slots__ = ("element",)
    element: Type

    def __init__(self, items: Mapping[str, Value], element: Type) -> None:
        super().__init__((key, _untyped_null(value)) for key, value in items.items())
        self.element = element


class LazyObject(Mapping[str, Value]):
    """An object with attributes ``names``; ``compute`` is called once for each value."""

    __slots__ = ("_compute", "_names", "_values")

    def __init__(self, names: Iterable[str], compute: Callable[[str], Value]) -> None:
        self._names = tuple(names)
        self._compute = compute
        self._values: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            if name not in self._names:
                raise KeyError(name)
            self._values[name] = self._compute(name)
        return self._values[name]

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
    """Return the value with every ``LazyObject`` in it computed."""
    if isinstance(value, LazyObject):
        return {name: force(value[name]) for name in value}
    if type(value) is dict:
        return {name: force(item) for name, item in value.items()}
    if type(value) is tuple:
        return tuple(force(item) for item in value)
    return value


def type_of(value: Value) -> Type:
    """Raises TypeError for a Python value that is not a Terraform value."""
    for python_type, primitive in _PRIMITIVES:
        if isinstance(value, python_type):
            return primitive
    if isinstance(value, Null):
        return value.type
    for kind, collection in (("list", List), ("set", Set), ("map", Map)):
        if isinstance(value, collection):
            return Collection(kind, value.element)
    if isinstance(value, tuple):
        return TupleType(tuple(type_of(item) for item in value))
    if isinstance(value, Mapping):
        return ObjectType(tuple((name, type_of(value[name])) for name in sorted(value)))
    raise TypeError(f"not a Terraform value: {type(value).__name__}")


# bool before int: a bool of Python is an int, too.
_PRIMITIVES = (
    (type(None), DYNAMIC),
    (bool, BOOL),
    (str, STRING),
    (int, NUMBER),
    (Real, NUMBER),
)


def element_of(collection: List | Set | Map, item: Value) -> Value:
    """Return an element of a collection; a null has the element type."""
    if item is None and collection.element != DYNAMIC:
        return Null(collection.element)
    return item


def elements(value: Value) -> list[Value]:
    """Return the elements of a list, set or tuple, or the values of a map or object by key."""
    if isinstance(value, (List, Set)):
        return [element_of(value, item) for item in value]
    if isinstance(value, Map):
        return [element_of(value, value[key]) for key in sorted(value)]
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    return list(cast("tuple[Value, ...]", value))


def equal(left: Value, right: Value) -> bool:
    """Compare as ``==`` does.

    Values of different types differ: ``1 == "1"`` and ``[] == tolist([])`` are false. All nulls are
    equal.
    """
    if is_null(left) or is_null(right):
        return is_null(left) and is_null(right)
    left, right = force(left), force(right)
    return type_of(left) == type_of(right) and hashable(left) == hashable(right)


def hashable(value: Value) -> tuple[object, ...]:
    """Return a hashable object that is equal for equal values of one type."""
    if is_null(value):
        return ("null",)
    if isinstance(value, (bool, str)):
        return (type(value).__name__, value)
    if isinstance(value, (int, Real)):
        return ("number", exact(value))
    if isinstance(value, Mapping):
        return ("map", *((key, hashable(value[key])) for key in sorted(value)))
    return ("list", *map(hashable, elements(value)))


def _untyped_null(value: Value) -> Value:
    return None if isinstance(value, Null) else value


def _sort_key(value: Value) -> tuple[object, ...]:
    """Return a key for Terraform's order in a set: nulls last, structures as they are encoded."""
    if is_null(value):
        return (1,)
    if isinstance(value, bool):
        return (0, value)
    if isinstance(value, str):
        return (0, value.encode())
    if isinstance(value, (int, Real)):
        return (0, exact(value))
    return (0, _encode(value))


def _encode(value: Value) -> bytes:
    """Encode a value as go-cty does to order the structures in a set."""
    if is_null(value):
        return b"~"
    if isinstance(value, bool):
        return b"T" if value else b"F"
    if isinstance(value, str):
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    if isinstance(value, (int, Real)):
        return _ten_digits(value).encode()
    if isinstance(value, Map):
        pairs = (_encode(key) + b":" + _encode(value[key]) + b";" for key in sorted(value))
        return b"{" + b"".join(pairs) + b"}"
    opening, closing = (b"<", b">") if isinstance(value, Mapping) else (b"[", b"]")
    return opening + b"".join(_encode(item) + b";" for item in elements(value)) + closing


def _ten_digits(number: Number) -> str:
    """Format as Go's ``%.10g``."""
    return f"{float(exact(number)):.10g}" if number else format_number(number)
