"""Sets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import cast

from terragrunt_runner.functions.registry import ANY, Library
from terragrunt_runner.language.convert import convert, unify
from terragrunt_runner.language.types import DYNAMIC, TupleType, is_sequence, set_of
from terragrunt_runner.language.values import (
    List,
    Mismatch,
    Set,
    Value,
    elements,
    identity,
    type_of,
)

LIBRARY = Library()

_SET = set_of(DYNAMIC)


@LIBRARY.define("setunion", _SET, variadic=_SET)
def setunion(*sets: Set) -> Set:
    unified = _unified(sets)
    return Set([item for given in unified for item in given], unified[0].element)


@LIBRARY.define("setintersection", _SET, variadic=_SET)
def setintersection(*sets: Set) -> Set:
    first, *others = _unified(sets)
    common = [set(map(identity, given)) for given in others]
    kept = [item for item in first if all(identity(item) in given for given in common)]
    return Set(kept, first.element)


@LIBRARY.define("setsubtract", _SET, _SET)
def setsubtract(left: Set, right: Set) -> Set:
    first, second = _unified((left, right))
    removed = set(map(identity, second))
    return Set([item for item in first if identity(item) not in removed], first.element)


@LIBRARY.define("setproduct", variadic=ANY)
def setproduct(*sequences: Value) -> Value:
    """Every combination: a list of tuples, or a set of them where an argument is one."""
    if len(sequences) < 2:
        raise Mismatch("at least two arguments are required")
    columns = []
    for given in sequences:
        kind = type_of(given)
        if not is_sequence(kind):
            raise Mismatch("every argument must be a list, set or tuple")
        collected = given
        if isinstance(kind, TupleType):
            element = unify(kind.elements)
            if element is None:
                raise Mismatch("the elements of each argument must have the same type")
            collected = List([convert(item, element) for item in elements(given)], element)
        columns.append(cast("List | Set", collected))
    kind = TupleType(tuple(column.element for column in columns))
    rows = list(itertools.product(*(elements(column) for column in columns)))
    if any(isinstance(given, Set) for given in sequences):
        return Set(rows, kind)
    return List(rows, kind)


def _unified(sets: Sequence[Set]) -> list[Set]:
    # An empty set has no say in the type of the others.
    element = unify([given.element for given in sets if given or given.element != DYNAMIC])
    if element is None:
        raise Mismatch("the sets must have the same element type")
    return [Set([convert(item, element) for item in given], element) for given in sets]
