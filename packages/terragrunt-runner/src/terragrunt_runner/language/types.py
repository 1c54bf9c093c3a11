"""Terraform's types (go-cty's)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Primitive:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Collection:
    """``kind`` is list, set or map; all elements have one type."""

    kind: str
    element: Type

    def __str__(self) -> str:
        if self.element == DYNAMIC:
            return self.kind
        return f"{self.kind} of {self.element}"


@dataclass(frozen=True, slots=True)
class TupleType:
    elements: tuple[Type, ...]

    def __str__(self) -> str:
        return "tuple"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """``attributes`` are pairs of name and type, sorted by name."""

    attributes: tuple[tuple[str, Type], ...]

    def __str__(self) -> str:
        return "object"


Type: TypeAlias = Primitive | Collection | TupleType | ObjectType

STRING = Primitive("string")
NUMBER = Primitive("number")
BOOL = Primitive("bool")
# The type of a bare null; for a parameter: any type.
DYNAMIC = Primitive("any")
_PRIMITIVES = {"string": STRING, "number": NUMBER, "bool": BOOL, "dynamic": DYNAMIC}


def list_of(element: Type) -> Collection:
    return Collection("list", element)


def set_of(element: Type) -> Collection:
    return Collection("set", element)


def map_of(element: Type) -> Collection:
    return Collection("map", element)


def is_sequence(type_: Type) -> bool:
    """Return whether it is a list, set or tuple."""
    return isinstance(type_, TupleType) or (isinstance(type_, Collection) and type_.kind != "map")


def is_mapping(type_: Type) -> bool:
    """Return whether it is a map or object."""
    return isinstance(type_, ObjectType) or (isinstance(type_, Collection) and type_.kind == "map")


def type_from_json(encoded: Any) -> Type:
    """Decode the type that Terraform writes beside each output in a state.

    The encoding is go-cty's: ``"string"``, ``["list", "string"]``, ``["object", {"a": "number"}]``.
    Raises ValueError for anything else.
    """
    if isinstance(encoded, str) and encoded in _PRIMITIVES:
        return _PRIMITIVES[encoded]
    if isinstance(encoded, list) and len(encoded) >= 2:
        name, inner = encoded[0], encoded[1]
        if name in ("list", "set", "map"):
            return Collection(name, type_from_json(inner))
        if name == "tuple":
            return TupleType(tuple(type_from_json(item) for item in inner))
        if name == "object":
            return ObjectType(tuple((key, type_from_json(inner[key])) for key in sorted(inner)))
    raise ValueError(f"unknown type {encoded!r}")
