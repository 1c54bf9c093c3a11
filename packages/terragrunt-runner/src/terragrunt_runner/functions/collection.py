"""Functions for lists, tuples and any collection."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import cast

from terragrunt_runner.functions.numeric import to_int
from terragrunt_runner.functions.string import characters
from terragrunt_runner.language.convert import convert, describe, to_number, unify
from terragrunt_runner.language.numbers import (
    LowPrecisionInt,
    Number,
    exact,
    precision,
    round_to,
)
from terragrunt_runner.language.scope import ANY, NULLABLE, Library
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    is_sequence,
    list_of,
)
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    Null,
    Set,
    Value,
    elements,
    equal,
    hashable,
    is_null,
    type_of,
)

LIBRARY = Library()

_RANGE_LIMIT = 1024


@LIBRARY.define("alltrue", list_of(BOOL))
def alltrue(values: List) -> bool:
    return all(value is True for value in values)


@LIBRARY.define("anytrue", list_of(BOOL))
def anytrue(values: List) -> bool:
    return any(value is True for value in values)


@LIBRARY.define("chunklist", list_of(DYNAMIC), NUMBER)
def chunklist(values: List, size: Number) -> List:
    width = to_int(size, "the size")
    if width < 0:
        raise InvalidValueError("the size must not be negative")
    step = width or max(len(values), 1)
    chunks = [List(values[i : i + step], values.element) for i in range(0, len(values), step)]
    return List(chunks, list_of(values.element))


@LIBRARY.define("coalesce", variadic=NULLABLE)
def coalesce(*values: Value) -> Value:
    """Return the first argument that is neither null nor an empty string."""
    if not values:
        raise InvalidValueError("at least one argument is required")
    unified = unify([type_of(value) for value in values])
    if unified is None:
        raise InvalidValueError("all arguments must have the same type")
    for value in values:
        converted = convert(value, unified)
        if not is_null(converted) and converted != "":
            return converted
    raise InvalidValueError("every argument is null or an empty string")


@LIBRARY.define("coalescelist", variadic=ANY)
def coalescelist(*lists: Value) -> Value:
    if not lists:
        raise InvalidValueError("at least one argument is required")
    for items in map(list_or_tuple, lists):
        if items:
            types = {type_of(given) for given in lists}
            return convert(items, types.pop() if len(types) == 1 else DYNAMIC)
    raise InvalidValueError("all lists are empty")


@LIBRARY.define("compact", list_of(STRING))
def compact(values: List) -> List:
    return List([value for value in values if value], STRING)


@LIBRARY.define("concat", variadic=ANY)
def concat(*sequences: Value) -> Value:
    if not sequences:
        raise InvalidValueError("at least one argument is required")
    items = tuple(item for given in sequences for item in elements(list_or_tuple(given)))
    if all(isinstance(given, List) for given in sequences):
        types = [type_of(given) for given in sequences]
        unified = unify(types)
        if unified is not None:
            return convert(items if len(set(types)) == 1 else List(items, DYNAMIC), unified)
    return items


@LIBRARY.define("contains", ANY, ANY)
def contains(values: Value, wanted: Value) -> bool:
    return any(equal(value, wanted) for value in sequence_elements(values))


@LIBRARY.define("distinct", list_of(DYNAMIC))
def distinct(values: List) -> List:
    unique = {hashable(value): value for value in reversed(values)}
    kept = {hashable(value): unique[hashable(value)] for value in values}
    return List(kept.values(), values.element)


@LIBRARY.define("element", ANY, NUMBER)
def element(values: Value, index: Number) -> Value:
    """Return an element; an index beyond the end starts again at the first element."""
    items = elements(list_or_tuple(values))
    position = to_int(index, "the index")
    if not items:
        raise InvalidValueError("the list is empty")
    if position < 0 and position % len(items) and not isinstance(values, List):
        raise InvalidValueError("the index of a tuple must not be negative")
    return items[position % len(items)]


@LIBRARY.define("flatten", ANY)
def flatten(values: Value) -> Value:
    flat: list[Value] = []
    pending = sequence_elements(values)[::-1]
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(reversed(elements(value)))
        else:
            flat.append(value)
    return tuple(flat)


@LIBRARY.define("index", ANY, ANY)
def index(values: Value, wanted: Value) -> int:
    for position, value in enumerate(elements(list_or_tuple(values))):
        if equal(value, wanted):
            return LowPrecisionInt(position)
    raise InvalidValueError("the value is not in the list")


@LIBRARY.define("length", ANY)
def length(value: Value) -> int:
    if isinstance(value, str):
        return LowPrecisionInt(len(characters(value)))
    if isinstance(value, (tuple, Mapping)):
        return LowPrecisionInt(len(value))
    raise InvalidValueError("a string or collection is required")


@LIBRARY.define("matchkeys", list_of(DYNAMIC), list_of(DYNAMIC), list_of(DYNAMIC))
def matchkeys(values: List, keys: List, searchset: List) -> List:
    """Return the values whose keys are in the search set."""
    if len(values) != len(keys):
        raise InvalidValueError("values and keys must have the same length")
    unified = unify([keys.element, searchset.element])
    if unified is None:
        raise InvalidValueError("keys and search set must have the same type")
    wanted = {hashable(convert(item, unified)) for item in searchset}
    matches = [hashable(convert(key, unified)) in wanted for key in keys]
    return List(itertools.compress(values, matches), values.element)


@LIBRARY.define("one", ANY)
def one(sequence: Value) -> Value:
    items = sequence_elements(sequence)
    if len(items) > 1:
        raise InvalidValueError("the list has more than one element")
    if items:
        return items[0]
    if isinstance(sequence, (List, Set)) and sequence.element != DYNAMIC:
        return Null(sequence.element)
    return None


@LIBRARY.define("range", variadic=NUMBER)
def range_(*limits: Number) -> List:
    if not 1 <= len(limits) <= 3:
        raise InvalidValueError("one to three arguments are required")
    number, end = (LowPrecisionInt(0), limits[0]) if len(limits) == 1 else limits[:2]
    up = exact(number) <= exact(end)
    step = limits[2] if len(limits) == 3 else LowPrecisionInt(1 if up else -1)
    stop, stride = exact(end), exact(step)
    if stride == 0 or (stride > 0) != (stop >= exact(number)):
        raise InvalidValueError("the step must lead from start to end")
    bits = max(precision(number), precision(step))
    result: list[Value] = []
    while exact(number) < stop if stride > 0 else exact(number) > stop:
        if len(result) >= _RANGE_LIMIT:
            raise InvalidValueError(f"more than {_RANGE_LIMIT} values")
        result.append(number)
        number = round_to(exact(number) + stride, bits)
    return List(result, NUMBER)


@LIBRARY.define("reverse", ANY)
def reverse(sequence: Value) -> Value:
    items = sequence_elements(sequence)[::-1]
    return List(items, sequence.element) if isinstance(sequence, (List, Set)) else tuple(items)


@LIBRARY.define("slice", ANY, NUMBER, NUMBER)
def slice_(sequence: Value, start: Number, end: Number) -> Value:
    given = elements(list_or_tuple(sequence))
    first, last = to_int(start, "the start"), to_int(end, "the end")
    if not 0 <= first <= last <= len(given):
        raise InvalidValueError(f"{first} to {last} is outside the {len(given)} element(s)")
    items = given[first:last]
    return List(items, sequence.element) if isinstance(sequence, List) else tuple(items)


@LIBRARY.define("sort", list_of(STRING))
def sort(texts: List) -> List:
    if None in texts:
        raise InvalidValueError("an element is null")
    return List(sorted(texts, key=lambda text: cast("str", text).encode()), STRING)


@LIBRARY.define("sum", ANY)
def sum_(sequence: Value) -> Number:
    numbers = [to_number(item) for item in sequence_elements(sequence)]
    if not numbers:
        raise InvalidValueError("the list is empty")
    total = numbers[0]
    for number in numbers[1:]:
        bits = max(precision(total), precision(number))
        total = round_to(exact(total) + exact(number), bits)
    return total


def sequence_elements(value: Value) -> list[Value]:
    if not is_sequence(type_of(value)):
        raise InvalidValueError(f"a list, set or tuple required, but this is {described(value)}")
    return elements(value)


def list_or_tuple(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, tuple) or isinstance(value, Set):
        raise InvalidValueError(f"a list or tuple required, but this is {described(value)}")
    return value


def described(value: Value) -> str:
    return describe(type_of(value))
