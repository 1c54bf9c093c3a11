"""Conversion of values between types, and the one type that several can become.

Source of the rules: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from terragrunt_runner.language.numbers import Number, format_number, parse_number
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Collection,
    ObjectType,
    Primitive,
    TupleType,
    Type,
    is_mapping,
    is_sequence,
    list_of,
    map_of,
)
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    Map,
    Null,
    Set,
    Value,
    elements,
    force,
    is_null,
    type_of,
)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_ARTICLES = {"object": "an object", "any": "any value"}


def convert(value: Value, target: Type) -> Value:  # noqa: PLR0911 - one a rule
    """``value`` as ``target``; a null becomes a null of that type.

    Raises InvalidValueError where Terraform has no such conversion.
    """
    value = force(value)
    if target == DYNAMIC:
        return value
    source = type_of(value)
    if is_null(value) and convertible(source, target):
        return Null(target)
    if source == target:
        return value
    if isinstance(target, Primitive):
        return _primitive(value, target)
    if isinstance(target, Collection):
        return _collection(value, source, target)
    if isinstance(target, TupleType):
        if isinstance(source, TupleType) and len(source.elements) == len(target.elements):
            return tuple(map(convert, elements(value), target.elements))
    elif is_mapping(source):
        return _object(cast("Mapping[str, Value]", value), target)
    raise InvalidValueError(f"{describe(target)} required, but this is {describe(source)}")


def to_string(value: Value) -> str:
    """Convert to a string. Raises InvalidValueError for null and for any non-primitive."""
    if is_null(value):
        raise InvalidValueError("the value is null, and a string is required")
    return cast("str", convert(value, STRING))


def to_number(value: Value) -> Number:
    """Convert to a number. Raises InvalidValueError for null and for text that is not a number."""
    if is_null(value):
        raise InvalidValueError("the value is null, and a number is required")
    return cast("Number", convert(value, NUMBER))


def to_bool(value: Value) -> bool:
    """Convert to a bool. Raises InvalidValueError for null and all but true and false."""
    if is_null(value):
        raise InvalidValueError("the value is null, and a bool is required")
    return cast("bool", convert(value, BOOL))


def describe(kind: Type) -> str:
    text = str(kind)
    return _ARTICLES.get(text, f"a {text}")


def unify(types: Sequence[Type]) -> Type | None:  # noqa: PLR0911 - one a rule
    """The type that all ``types`` convert to, or None. The most general of them wins, string over
    number over nothing; objects and tuples are unified by attribute and element."""
    distinct = list(dict.fromkeys(types))
    if not distinct:
        return DYNAMIC
    if len(distinct) == 1:
        return distinct[0]
    known = [kind for kind in distinct if kind != DYNAMIC]
    objects = [kind for kind in known if isinstance(kind, ObjectType)]
    tuples = [kind for kind in known if isinstance(kind, TupleType)]
    if objects and tuples:
        return None
    if objects and len(objects) == len(known):
        return _unify_objects(objects)
    if tuples and len(tuples) == len(known):
        return _unify_tuples(tuples)
    for candidate in sorted(distinct, key=_generality):
        if all(convertible(kind, candidate) for kind in distinct):
            return candidate
    return None


def convertible(source: Type, target: Type) -> bool:  # noqa: PLR0911 - one line a rule
    """Whether some values of ``source`` convert to ``target``."""
    if DYNAMIC in (source, target) or source == target:
        return True
    if isinstance(target, Primitive):
        return isinstance(source, Primitive) and STRING in (source, target)
    if isinstance(target, Collection):
        sides = is_mapping if target.kind == "map" else is_sequence
        return sides(source) and _elements_convertible(source, target.element)
    if isinstance(target, TupleType):
        return (
            isinstance(source, TupleType)
            and len(source.elements) == len(target.elements)
            and all(map(convertible, source.elements, target.elements))
        )
    if isinstance(source, Collection):
        return source.kind == "map" and all(
            convertible(source.element, kind) for _, kind in target.attributes
        )
    if not isinstance(source, ObjectType):
        return False
    given = dict(source.attributes)
    return all(n in given and convertible(given[n], kind) for n, kind in target.attributes)


def element_types(kind: Type) -> tuple[Type, ...]:
    if isinstance(kind, Collection):
        return (kind.element,)
    if isinstance(kind, TupleType):
        return kind.elements
    return tuple(t for _, t in kind.attributes) if isinstance(kind, ObjectType) else ()


def _elements_convertible(source: Type, element: Type) -> bool:
    own = element_types(source)
    if element == DYNAMIC:
        return unify(own) is not None
    return all(convertible(kind, element) for kind in own)


def _generality(kind: Type) -> tuple[int, int]:
    """The most general first, among types that can convert to each other at all."""
    if isinstance(kind, Primitive):
        return (9 if kind == DYNAMIC else 1 if kind == STRING else 2, 0)
    if isinstance(kind, Collection):
        return (2 if kind.kind == "set" else 1, _generality(kind.element)[0])
    return (3, 0)


def _unify_objects(objects: Sequence[ObjectType]) -> Type | None:
    names = {name for kind in objects for name, _ in kind.attributes}
    if any(len(kind.attributes) != len(names) for kind in objects):
        element = unify([t for kind in objects for _, t in kind.attributes])
        return None if element is None else map_of(element)
    unified = []
    for name in sorted(names):
        attribute = unify([dict(kind.attributes)[name] for kind in objects])
        if attribute is None:
            return None
        unified.append((name, attribute))
    return ObjectType(tuple(unified))


def _unify_tuples(tuples: Sequence[TupleType]) -> Type | None:
    if len({len(kind.elements) for kind in tuples}) > 1:
        element = unify([t for kind in tuples for t in kind.elements])
        return None if element is None else list_of(element)
    unified = [unify(column) for column in zip(*(kind.elements for kind in tuples), strict=True)]
    known = [kind for kind in unified if kind is not None]
    return TupleType(tuple(known)) if len(known) == len(unified) else None


def _primitive(value: Value, target: Primitive) -> Value:
    if target == STRING:
        if isinstance(value, bool):
            return "true" if value else "false"
        if type_of(value) == NUMBER:
            return format_number(cast("Number", value))
    elif isinstance(value, str):
        if target == BOOL:
            if value in _BOOLS:
                return _BOOLS[value]
            raise InvalidValueError(
                f"a bool is required, and {value!r} is neither 'true' nor 'false'"
            )
        if _NUMBER.fullmatch(value):
            return parse_number(value)
        raise InvalidValueError(f"a number is required, and {value!r} is not one")
    raise InvalidValueError(f"{describe(target)} required, but this is {describe(type_of(value))}")


def _collection(value: Value, source: Type, target: Collection) -> Value:
    fits = is_mapping(source) if target.kind == "map" else is_sequence(source)
    if not fits:
        raise InvalidValueError(f"{describe(target)} required, but this is {describe(source)}")
    items = elements(value)
    element = target.element
    if element == DYNAMIC:
        unified = unify(element_types(source))
        if unified is None:
            raise InvalidValueError(f"all elements of a {target.kind} must have the same type")
        element = unified
    converted = _each(items, element)
    if target.kind == "map":
        keys = sorted(cast("Mapping[str, Value]", value))
        return Map(dict(zip(keys, converted, strict=True)), element)
    return List(converted, element) if target.kind == "list" else Set(converted, element)


def _each(items: Iterable[Value], element: Type) -> list[Value]:
    return [convert(item, element) for item in items]


def _object(value: Mapping[str, Value], target: ObjectType) -> Value:
    missing = [name for name, _ in target.attributes if name not in value]
    if missing:
        raise InvalidValueError(f"attribute {missing[0]!r} is required")
    return {name: convert(value[name], kind) for name, kind in target.attributes}
