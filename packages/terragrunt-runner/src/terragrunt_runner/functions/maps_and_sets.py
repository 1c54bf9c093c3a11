"""Functions for maps, objects and sets."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import cast

from terragrunt_runner.functions.collection import list_or_tuple, sequence_elements
from terragrunt_runner.language.convert import convert, describe, unify
from terragrunt_runner.language.operations import read_attribute
from terragrunt_runner.language.scope import ANY, NULLABLE, Library
from terragrunt_runner.language.types import (
    DYNAMIC,
    STRING,
    Collection,
    TupleType,
    is_mapping,
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
    elements,
    hashable,
    is_null,
    type_of,
)

LIBRARY = Library()

_SET = set_of(DYNAMIC)


@LIBRARY.define("keys", ANY)
def keys(mapping: Value) -> Value:
    names = sorted(_mapping(mapping))
    return List(names, STRING) if isinstance(mapping, Map) else tuple(names)


@LIBRARY.define("values", ANY)
def values(mapping: Value) -> Value:
    items = elements(_mapping(mapping))
    return List(items, mapping.element) if isinstance(mapping, Map) else tuple(items)


@LIBRARY.define("lookup", ANY, STRING, NULLABLE, optional=1)
def lookup(mapping: Value, key: str, *default: Value) -> Value:
    if key in _mapping(mapping):
        return read_attribute(mapping, key)
    if not default:
        raise InvalidValueError(f"there is no element with key {key!r} and no default")
    return convert(default[0], mapping.element) if isinstance(mapping, Map) else default[0]


@LIBRARY.define("merge", variadic=NULLABLE)
def merge(*mappings: Value) -> Value:
    """Merge objects; later arguments win, and null counts as empty."""
    merged: dict[str, Value] = {}
    for given in mappings:
        if not is_null(given):
            merged.update(zip(sorted(_mapping(given)), elements(given), strict=True))
        elif isinstance(given, Null) and not is_mapping(given.type):
            raise InvalidValueError("every argument must be a map or object")
    types = {type_of(given) for given in mappings}
    only = types.pop() if len(types) == 1 else None
    return convert(merged, only) if isinstance(only, Collection) else merged


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
    items = elements(list_or_tuple(values))
    if len(keys) != len(items):
        raise InvalidValueError(f"{len(keys)} keys and {len(items)} values")
    if None in keys:
        raise InvalidValueError("a key is null")
    paired = dict(zip(cast("Sequence[str]", keys), items, strict=True))
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
    """Return every combination: a list of tuples, or a set of tuples if an argument is a set."""
    if len(sequences) < 2:
        raise InvalidValueError("at least two arguments are required")
    columns = []
    for given in sequences:
        sequence_elements(given)  # refuses anything but lists, sets and tuples
        column = given if isinstance(given, Set) else convert(given, list_of(DYNAMIC))
        columns.append(cast("List | Set", column))
    row_type = TupleType(tuple(column.element for column in columns))
    rows = itertools.product(*map(elements, columns))
    has_set = any(isinstance(given, Set) for given in sequences)
    return Set(rows, row_type) if has_set else List(rows, row_type)


def _mapping(value: Value) -> Mapping[str, Value]:
    if not isinstance(value, Mapping):
        raise InvalidValueError(f"a map or object required, but this is {describe(type_of(value))}")
    return value


def _unified(sets: Sequence[Set]) -> list[Set]:
    # The type of an empty set does not count.
    element = unify([given.element for given in sets if given or given.element != DYNAMIC])
    if element is None:
        raise InvalidValueError("the sets must have the same element type")
    return [Set([convert(item, element) for item in given], element) for given in sets]
