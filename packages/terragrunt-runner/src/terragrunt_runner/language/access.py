"""What stands inside a value: attributes, elements, pairs of key and value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from terragrunt_runner.language import nodes
from terragrunt_runner.language.convert import describe, to_number, to_string
from terragrunt_runner.language.nodes import Expression
from terragrunt_runner.language.numbers import exact
from terragrunt_runner.language.types import DYNAMIC, Collection, ObjectType, Type
from terragrunt_runner.language.values import (
    List,
    Map,
    Mismatch,
    Set,
    Value,
    element_of,
    elements,
    is_null,
    type_of,
)


def read_attribute(target: Value, name: str) -> Value:
    """``target.name``. Raises Mismatch where there is none."""
    if is_null(target):
        raise Mismatch(f"cannot read attribute {name!r} of null")
    if not isinstance(target, Mapping):
        raise Mismatch(f"{describe(type_of(target))} has no attributes, so no {name!r}")
    if name not in target:
        if isinstance(target, Map):
            raise Mismatch(f"the map has no element with key {name!r}")
        raise Mismatch(f"the object has no attribute named {name!r}")
    return element_of(target, target[name]) if isinstance(target, Map) else target[name]


def read_element(target: Value, key: Value) -> Value:
    """``target[key]``. Raises Mismatch where there is none."""
    if is_null(target):
        raise Mismatch("cannot index null")
    if is_null(key):
        raise Mismatch("cannot use null as an index")
    if isinstance(target, Mapping):
        return read_attribute(target, to_string(key))
    if isinstance(target, Set) or not isinstance(target, tuple):
        raise Mismatch(f"{describe(type_of(target))} has no index")
    position = to_number(key)
    if exact(position).denominator != 1:
        raise Mismatch("an index must be a whole number")
    if not 0 <= exact(position) < len(target):
        raise Mismatch(f"index {exact(position)} is outside the {len(target)} element(s)")
    item = target[int(exact(position))]
    return element_of(target, item) if isinstance(target, List) else item


def pairs(collection: Value) -> Iterator[tuple[Value, Value]]:
    """What a for expression goes through. Raises Mismatch for what is no collection."""
    if isinstance(collection, Mapping):
        for name in sorted(collection):
            yield name, read_attribute(collection, name)
    elif isinstance(collection, Set):
        for item in elements(collection):
            yield item, item
    elif isinstance(collection, tuple):
        yield from enumerate(elements(collection))
    else:
        raise Mismatch(f"cannot iterate over {describe(type_of(collection))}")


def type_of_step(each: Expression, item: Type) -> Type:
    """The type that ``each`` would have for an element of type ``item``."""
    if not isinstance(each, (nodes.GetAttribute, nodes.Index)):
        return item
    target = type_of_step(each.object, item)
    if isinstance(target, ObjectType) and isinstance(each, nodes.GetAttribute):
        attributes = dict(target.attributes)
        if each.name in attributes:
            return attributes[each.name]
        raise Mismatch(f"the object has no attribute named {each.name!r}")
    return target.element if isinstance(target, Collection) else DYNAMIC
