"""Functions for maps, objects and sets."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import cast

from terragrunt_runner.language.convert import convert, describe, unify
from terragrunt_runner.language.scope import ANY, NULLABLE, Library
from terragrunt_runner.language.types import (
    DYNAMIC,
    STRING,
    TupleType,
    Type,
    is_mapping,
    is_sequence,
    list_of,
    map_of,
    set_of,
)
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    Map,
    Null,
    Set,
    Value,
    element_of,
    elements,
    hashable,
    is_null,
    type_of,
)

LIBRARY = Library()

_SET = set_of(DYNAMIC)


@LIBRARY.define("keys", ANY)
def keys(mapping: Value) -> Value:
    given = _mapping(mapping)
    names = sorted(given)
    return List(names, STRING) if isinstance(given, Map) else tuple(names)


@LIBRARY.define("values", ANY)
def values(mapping: Value) -> Value:
    given = _mapping(mapping)
    items = elements(given)
    return List(items, given.element) if isinstance(given, Map) else tuple(items)


@LIBRARY.define("lookup", ANY, STRING, NULLABLE, optional=1)
def lookup(mapping: Value, key: str, *default: Value) -> Value:
    given = _mapping(mapping)
    if key in given:
        return element_of(given, given[key]) if isinstance(given, Map) else given[key]
    if not default:
        raise InvalidValueError(f"there is no element with key {key!r} and no default")
    return convert(default[0], given.element) if isinstance(given, Map) else default[0]


@LIBRARY.define("merge", variadic=NULLABLE)
def merge(*mappings: Value) -> Value:
    """Later arguments win; null counts as empty."""
    merged: dict[str, Value] = {}
    for given in mappings:
        if not is_null(given):
            source = _mapping(given)
            merged.update({k: _item(source, k) for k in source})
        elif isinstance(given, Null) and not is_mapping(given.type):
            raise InvalidValueError("every argument must be a map or object")
    kinds = {type_of(given) for given in mappings}
    kind = kinds.pop() if len(kinds) == 1 else None
    return merged if kind is None or not _is_map(kind) else convert(merged, kind)


@LIBRARY.define("transpose", map_of(list_of(STRING)))
def transpose(mapping: Map) -> Map:
    swapped: dict[str, list[str]] = {}
    for key in sorted(mapping):
        for item in cast("List", mapping[key] or ()):
            if item is None:
                raise InvalidValueError("an element is null")
            swapped.setdefault(cast("str", item), []).append(key)
    lists = {key: List(names, STRING) for key, names in swapped.items()}
    return Map(lists, list_of(STRING))


@LIBRARY.define("zipmap", list_of(STRING), ANY)
def zipmap(keys: List, values: Value) -> Value:
    if not isinstance(values, tuple) or isinstance(values, Set):
        raise InvalidValueError("the second argument must be a list or tuple")
    if len(keys) != len(values):
        raise InvalidValueError(f"{len(keys)} keys and {len(values)} values")
    if None in keys:
        raise InvalidValueError("a key is null")
    paired = dict(zip(cast("Sequence[str]", keys), elements(values), strict=True))
    return Map(paired, values.element) if isinstance(values, List) else paired


@LIBRARY.define("setunion", _SET, variadic=_SET)
def setunion(*sets: Set) -> Set:
    unified = _unified(sets)
    return Set([item for given in unified for item in given], unified[0].element)


@LIBRARY.define("setintersection", _SET, variadic=_SET)
def setintersection(*sets: Set) -> Set:
    first, *others = _unified(sets)
    common = [set(map(hashable, given)) for given in others]
    kept = [item for item in first if all(hashable(item) in given for given in common)]
    return Set(kept, first.element)


@LIBRARY.define("setsubtract", _SET, _SET)
def setsubtract(left: Set, right: Set) -> Set:
    first, second = _unified((left, right))
    removed = set(map(hashable, second))
    return Set([item for item in first if hashable(item) not in removed], first.element)


@LIBRARY.define("setproduct", variadic=ANY)
def setproduct(*sequences: Value) -> Value:
    """Every combination: a list of tuples, or a set of them where an argument is one."""
    if len(sequences) < 2:
        raise InvalidValueError("at least two arguments are required")
    columns = []
    for given in sequences:
        kind = type_of(given)
        if not is_sequence(kind):
            raise InvalidValueError("every argument must be a list, set or tuple")
        collected = given
        if isinstance(kind, TupleType):
            element = unify(kind.elements)
            if element is None:
                raise InvalidValueError("the elements of each argument must have the same type")
            collected = List([convert(item, element) for item in elements(given)], element)
        columns.append(cast("List | Set", collected))
    kind = TupleType(tuple(column.element for column in columns))
    rows = list(itertools.product(*(elements(column) for column in columns)))
    if any(isinstance(given, Set) for given in sequences):
        return Set(rows, kind)
    return List(rows, kind)


def _mapping(value: Value) -> Mapping[str, Value]:
    if not isinstance(value, Mapping):
        raise InvalidValueError(
            f"a map or object is required, but this is {describe(type_of(value))}"
        )
    return value


def _item(mapping: Mapping[str, Value], key: str) -> Value:
    return element_of(mapping, mapping[key]) if isinstance(mapping, Map) else mapping[key]


def _is_map(kind: Type) -> bool:
    return is_mapping(kind) and str(kind).startswith("map")


def _unified(sets: Sequence[Set]) -> list[Set]:
    # An empty set has no say in the type of the others.
    element = unify([given.element for given in sets if given or given.element != DYNAMIC])
    if element is None:
        raise InvalidValueError("the sets must have the same element type")
    return [Set([convert(item, element) for item in given], element) for given in sets]
