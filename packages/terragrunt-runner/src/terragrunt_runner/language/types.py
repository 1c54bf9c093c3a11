"""The types of Terraform's type system, which values have and conversions aim at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


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
# What a bare null has, and as a parameter: any type.
DYNAMIC = Primitive("any")


def list_of(element: Type) -> Collection:
    return Collection("list", element)


def set_of(element: Type) -> Collection:
    return Collection("set", element)


def map_of(element: Type) -> Collection:
    return Collection("map", element)


def is_sequence(kind: Type) -> bool:
    """List, set or tuple."""
    return isinstance(kind, TupleType) or (isinstance(kind, Collection) and kind.kind != "map")


def is_mapping(kind: Type) -> bool:
    """Map or object."""
    return isinstance(kind, ObjectType) or (isinstance(kind, Collection) and kind.kind == "map")
