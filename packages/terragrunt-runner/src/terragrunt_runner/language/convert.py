"""Conversion of values between types, and unification of types.

Source: https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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


def convert(value: Value, target: Type) -> Value:  # noqa: PLR0911 - one per rule
    """Convert a value to a type; a null becomes a null of that type.

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
        return _to_primitive(value, target)
    if isinstance(target, Collection):
        return _to_collection(value, source, target)
    if isinstance(target, TupleType):
        if isinstance(source, TupleType) and len(source.elements) == len(target.elements):
            return tuple(map(convert, elements(value), target.elements))
    elif is_mapping(source):
        return _to_object(cast("Mapping[str, Value]", value), target)
    raise _mismatch(value, target)


def to_string(value: Value) -> str:
    """Convert to a string. Raises InvalidValueError for null and for any non-primitive."""
    return cast("str", _convert_non_null(value, STRING))


def to_number(value: Value) -> Number:
    """Convert to a number. Raises InvalidValueError for null and for text that is not a number."""
    return cast("Number", _convert_non_null(value, NUMBER))


def to_bool(value: Value) -> bool:
    """Convert to a bool. Raises InvalidValueError for null and all but true and false."""
    return cast("bool", _convert_non_null(value, BOOL))


def describe(type_: Type) -> str:
    """Return the name of a type with its article."""
    text = str(type_)
    return _ARTICLES.get(text, f"a {text}")


def unify(types: Sequence[Type]) -> Type | None:  # noqa: PLR0911 - one per rule
    """Return the type that all types convert to, or None.

    The most general type wins; string is more general than number and bool. Objects and tuples are
    unified by attribute and by element.
    """
    distinct = list(dict.fromkeys(types))
    if not distinct:
        return DYNAMIC
    if len(distinct) == 1:
        return distinct[0]
    known = [type_ for type_ in distinct if type_ != DYNAMIC]
    objects = [type_ for type_ in known if isinstance(type_, ObjectType)]
    tuples = [type_ for type_ in known if isinstance(type_, TupleType)]
    if objects and tuples:
        return None
    if objects and len(objects) == len(known):
        return _unify_objects(objects)
    if tuples and len(tuples) == len(known):
        return _unify_tuples(tuples)
    for candidate in sorted(distinct, key=_generality):
        if all(convertible(type_, candidate) for type_ in distinct):
            return candidate
    return None


def convertible(source: Type, target: Type) -> bool:  # noqa: PLR0911 - one per rule
    """Return whether some values of ``source`` convert to ``target``."""
    if DYNAMIC in (source, target) or source == target:
        return True
    if isinstance(target, Primitive):
        return isinstance(source, Primitive) and STRING in (source, target)
    if isinstance(target, Collection):
        if not _is_like(source, target):
            return False
        given = element_types(source)
        if target.element == DYNAMIC:
            return unify(given) is not None
        return all(convertible(type_, target.element) for type_ in given)
    if isinstance(target, TupleType):
        return (
            isinstance(source, TupleType)
            and len(source.elements) == len(target.elements)
            and all(map(convertible, source.elements, target.elements))
        )
    if isinstance(source, Collection):
        return source.kind == "map" and all(
            convertible(source.element, type_) for _, type_ in target.attributes
        )
    if not isinstance(source, ObjectType):
        return False
    attributes = dict(source.attributes)
    return all(
        name in attributes and convertible(attributes[name], type_)
        for name, type_ in target.attributes
    )


def element_types(type_: Type) -> tuple[Type, ...]:
    if isinstance(type_, Collection):
        return (type_.element,)
    if isinstance(type_, TupleType):
        return type_.elements
    return tuple(t for _, t in type_.attributes) if isinstance(type_, ObjectType) else ()


def _is_like(source: Type, target: Collection) -> bool:
    return is_mapping(source) if target.kind == "map" else is_sequence(source)


def _generality(type_: Type) -> tuple[int, int]:
    """Return a sort key that puts the most general of convertible types first."""
    if isinstance(type_, Primitive):
        return (9 if type_ == DYNAMIC else 1 if type_ == STRING else 2, 0)
    if isinstance(type_, Collection):
        return (2 if type_.kind == "set" else 1, _generality(type_.element)[0])
    return (3, 0)


def _unify_objects(objects: Sequence[ObjectType]) -> Type | None:
    names = {name for type_ in objects for name, _ in type_.attributes}
    if any(len(type_.attributes) != len(names) for type_ in objects):
        element = unify([attribute for type_ in objects for _, attribute in type_.attributes])
        return None if element is None else map_of(element)
    unified = []
    for name in sorted(names):
        attribute = unify([dict(type_.attributes)[name] for type_ in objects])
        if attribute is None:
            return None
        unified.append((name, attribute))
    return ObjectType(tuple(unified))


def _unify_tuples(tuples: Sequence[TupleType]) -> Type | None:
    if len({len(type_.elements) for type_ in tuples}) > 1:
        element = unify([element for type_ in tuples for element in type_.elements])
        return None if element is None else list_of(element)
    unified = [unify(column) for column in zip(*(t.elements for t in tuples), strict=True)]
    known = [type_ for type_ in unified if type_ is not None]
    return TupleType(tuple(known)) if len(known) == len(unified) else None


def _convert_non_null(value: Value, target: Primitive) -> Value:
    if is_null(value):
        raise InvalidValueError(f"the value is null, and a {target} is required")
    return convert(value, target)


def _to_primitive(value: Value, target: Primitive) -> Value:
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
    raise _mismatch(value, target)


def _to_collection(value: Value, source: Type, target: Collection) -> Value:
    if not _is_like(source, target):
        raise _mismatch(value, target)
    element = target.element
    if element == DYNAMIC:
        unified = unify(element_types(source))
        if unified is None:
            raise InvalidValueError(f"all elements of a {target.kind} must have the same type")
        element = unified
    converted = [convert(item, element) for item in elements(value)]
    if target.kind == "map":
        keys = sorted(cast("Mapping[str, Value]", value))
        return Map(dict(zip(keys, converted, strict=True)), element)
    return List(converted, element) if target.kind == "list" else Set(converted, element)


def _to_object(value: Mapping[str, Value], target: ObjectType) -> Value:
    for name, _ in target.attributes:
        if name not in value:
            raise InvalidValueError(f"attribute {name!r} is required")
    return {name: convert(value[name], type_) for name, type_ in target.attributes}


def _mismatch(value: Value, target: Type) -> InvalidValueError:
    given = describe(type_of(value))
    return InvalidValueError(f"{describe(target)} required, but this is {given}")
