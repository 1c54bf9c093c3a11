"""Maps and objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from terragrunt_runner.functions.registry import ANY, NULLABLE, Library
from terragrunt_runner.language.convert import convert, describe
from terragrunt_runner.language.types import (
    STRING,
    Type,
    is_mapping,
    list_of,
    map_of,
)
from terragrunt_runner.language.values import (
    List,
    Map,
    Mismatch,
    Null,
    Set,
    Value,
    element_of,
    elements,
    is_null,
    type_of,
)

LIBRARY = Library()


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
        raise Mismatch(f"there is no element with key {key!r} and no default")
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
            raise Mismatch("every argument must be a map or object")
    kinds = {type_of(given) for given in mappings}
    kind = kinds.pop() if len(kinds) == 1 else None
    return merged if kind is None or not _is_map(kind) else convert(merged, kind)


@LIBRARY.define("transpose", map_of(list_of(STRING)))
def transpose(mapping: Map) -> Map:
    swapped: dict[str, list[str]] = {}
    for key in sorted(mapping):
        for item in cast("List", mapping[key] or ()):
            if item is None:
                raise Mismatch("an element is null")
            swapped.setdefault(cast("str", item), []).append(key)
    lists = {key: List(names, STRING) for key, names in swapped.items()}
    return Map(lists, list_of(STRING))


@LIBRARY.define("zipmap", list_of(STRING), ANY)
def zipmap(keys: List, values: Value) -> Value:
    if not isinstance(values, tuple) or isinstance(values, Set):
        raise Mismatch("the second argument must be a list or tuple")
    if len(keys) != len(values):
        raise Mismatch(f"{len(keys)} keys and {len(values)} values")
    if None in keys:
        raise Mismatch("a key is null")
    paired = dict(zip(cast("Sequence[str]", keys), elements(values), strict=True))
    return Map(paired, values.element) if isinstance(values, List) else paired


def _mapping(value: Value) -> Mapping[str, Value]:
    if not isinstance(value, Mapping):
        raise Mismatch(f"a map or object is required, but this is {describe(type_of(value))}")
    return value


def _item(mapping: Mapping[str, Value], key: str) -> Value:
    return element_of(mapping, mapping[key]) if isinstance(mapping, Map) else mapping[key]


def _is_map(kind: Type) -> bool:
    return is_mapping(kind) and str(kind).startswith("map")
