"""Lists and tuples, and what works on any collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from terragrunt_runner.functions.characters import characters
from terragrunt_runner.functions.numeric import whole
from terragrunt_runner.language.convert import convert, describe, element_types, to_number, unify
from terragrunt_runner.language.numbers import Counted, Number, exact, make, precision
from terragrunt_runner.language.scope import ANY, NULLABLE, Library
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Type,
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
    identity,
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
    width = whole(size, "the size")
    if width < 0:
        raise InvalidValueError("the size must not be negative")
    step = width or max(len(values), 1)
    chunks = [List(values[i : i + step], values.element) for i in range(0, len(values), step)]
    return List(chunks, list_of(values.element))


@LIBRARY.define("coalesce", variadic=NULLABLE)
def coalesce(*values: Value) -> Value:
    """The first argument that is neither null nor an empty string."""
    kind = _unified(values)
    for value in values:
        converted = convert(value, kind)
        if not is_null(converted) and converted != "":
            return converted
    raise InvalidValueError("no argument is other than null or an empty string")


@LIBRARY.define("coalescelist", variadic=ANY)
def coalescelist(*lists: Value) -> Value:
    if not lists:
        raise InvalidValueError("at least one argument is required")
    for given in lists:
        if not isinstance(given, tuple) or isinstance(given, Set):
            raise InvalidValueError(
                f"a list or tuple is required, but this is {describe(type_of(given))}"
            )
    kinds = {type_of(given) for given in lists}
    kind = kinds.pop() if len(kinds) == 1 else DYNAMIC
    for given in lists:
        if given:
            return convert(given, kind)
    raise InvalidValueError("no argument has an element")


@LIBRARY.define("compact", list_of(STRING))
def compact(values: List) -> List:
    return List([value for value in values if value], STRING)


@LIBRARY.define("concat", variadic=ANY)
def concat(*sequences: Value) -> Value:
    if not sequences:
        raise InvalidValueError("at least one argument is required")
    for given in sequences:
        if not isinstance(given, tuple) or isinstance(given, Set):
            raise InvalidValueError(
                f"a list or tuple is required, but this is {describe(type_of(given))}"
            )
    items = [item for given in sequences for item in elements(given)]
    if all(isinstance(given, List) for given in sequences):
        kind = unify([type_of(given) for given in sequences])
        if kind is not None:
            return convert(List(items, DYNAMIC) if _mixed(sequences) else tuple(items), kind)
    return tuple(items)


@LIBRARY.define("contains", ANY, ANY)
def contains(values: Value, wanted: Value) -> bool:
    if not is_sequence(type_of(values)):
        raise InvalidValueError("the first argument must be a list, tuple or set")
    return any(equal(value, wanted) for value in elements(values))


@LIBRARY.define("distinct", list_of(DYNAMIC))
def distinct(values: List) -> List:
    unique = {identity(value): value for value in reversed(values)}
    kept = {identity(value): unique[identity(value)] for value in values}
    return List(kept.values(), values.element)


@LIBRARY.define("element", ANY, NUMBER)
def element(values: Value, index: Number) -> Value:
    """The element at ``index``, counted round and round."""
    if not isinstance(values, tuple) or isinstance(values, Set):
        raise InvalidValueError("the first argument must be a list or tuple")
    position = whole(index, "the index")
    if not values:
        raise InvalidValueError("the list is empty")
    if position < 0 and position % len(values) and not isinstance(values, List):
        raise InvalidValueError("the index of a tuple must not be negative")
    return elements(values)[position % len(values)]


@LIBRARY.define("flatten", ANY)
def flatten(values: Value) -> Value:
    if not is_sequence(type_of(values)):
        raise InvalidValueError("a list, set or tuple is required")
    flat: list[Value] = []
    pending = list(reversed(elements(values)))
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(reversed(elements(value)))
        else:
            flat.append(value)
    return tuple(flat)


@LIBRARY.define("index", ANY, ANY)
def index(values: Value, wanted: Value) -> int:
    if not isinstance(values, tuple) or isinstance(values, Set):
        raise InvalidValueError("the first argument must be a list or tuple")
    for position, value in enumerate(elements(values)):
        if equal(value, wanted):
            return Counted(position)
    raise InvalidValueError("the value is not in the list")


@LIBRARY.define("length", ANY)
def length(value: Value) -> int:
    if isinstance(value, str):
        return Counted(len(characters(value)))
    if isinstance(value, (tuple, Mapping)):
        return Counted(len(value))
    raise InvalidValueError("a string or collection is required")


@LIBRARY.define("matchkeys", list_of(DYNAMIC), list_of(DYNAMIC), list_of(DYNAMIC))
def matchkeys(values: List, keys: List, searchset: List) -> List:
    """The values whose keys are in the search set."""
    if len(values) != len(keys):
        raise InvalidValueError("values and keys must have the same length")
    kind = unify([keys.element, searchset.element])
    if kind is None:
        raise InvalidValueError("keys and search set must have the same type")
    wanted = {identity(convert(item, kind)) for item in searchset}
    found = [v for v, k in zip(values, keys, strict=True) if identity(convert(k, kind)) in wanted]
    return List(found, values.element)


@LIBRARY.define("one", ANY)
def one(sequence: Value) -> Value:
    kind = type_of(sequence)
    if not is_sequence(kind):
        raise InvalidValueError("a list, set or tuple is required")
    items = elements(sequence)
    if len(items) > 1:
        raise InvalidValueError("the list has more than one element")
    if items:
        return items[0]
    inner = element_types(kind)
    return Null(inner[0]) if inner and inner[0] != DYNAMIC else None


@LIBRARY.define("range", variadic=NUMBER)
def range_(*limits: Number) -> List:
    if not 1 <= len(limits) <= 3:
        raise InvalidValueError("one to three arguments are required")
    number, end = (Counted(0), limits[0]) if len(limits) == 1 else limits[:2]
    step = limits[2] if len(limits) == 3 else Counted(1 if exact(number) <= exact(end) else -1)
    stop, stride = exact(end), exact(step)
    if stride == 0 or (stride > 0) != (stop >= exact(number)):
        raise InvalidValueError("the step must lead from start to end")
    bits = max(precision(number), precision(step))
    result: list[Value] = []
    while exact(number) < stop if stride > 0 else exact(number) > stop:
        if len(result) >= _RANGE_LIMIT:
            raise InvalidValueError(f"more than {_RANGE_LIMIT} values")
        result.append(number)
        number = make(exact(number) + stride, bits)
    return List(result, NUMBER)


@LIBRARY.define("reverse", ANY)
def reverse(sequence: Value) -> Value:
    if not is_sequence(type_of(sequence)):
        raise InvalidValueError("a list, set or tuple is required")
    items = elements(sequence)[::-1]
    return List(items, sequence.element) if isinstance(sequence, (List, Set)) else tuple(items)


@LIBRARY.define("slice", ANY, NUMBER, NUMBER)
def slice_(sequence: Value, start: Number, end: Number) -> Value:
    if not isinstance(sequence, tuple) or isinstance(sequence, Set):
        raise InvalidValueError("the first argument must be a list or tuple")
    first, last = whole(start, "the start"), whole(end, "the end")
    if not 0 <= first <= last <= len(sequence):
        raise InvalidValueError(f"{first} to {last} is outside the {len(sequence)} element(s)")
    items = elements(sequence)[first:last]
    return List(items, sequence.element) if isinstance(sequence, List) else tuple(items)


@LIBRARY.define("sort", list_of(STRING))
def sort(texts: List) -> List:
    if None in texts:
        raise InvalidValueError("an element is null")
    return List(sorted(texts, key=lambda text: cast("str", text).encode()), STRING)


@LIBRARY.define("sum", ANY)
def sum_(sequence: Value) -> Number:
    if not is_sequence(type_of(sequence)):
        raise InvalidValueError("a list, set or tuple is required")
    numbers = [to_number(item) for item in elements(sequence)]
    if not numbers:
        raise InvalidValueError("the list is empty")
    total = numbers[0]
    for number in numbers[1:]:
        bits = max(precision(total), precision(number))
        total = make(exact(total) + exact(number), bits)
    return total


def _mixed(sequences: Sequence[Value]) -> bool:
    return len({type_of(sequence) for sequence in sequences}) > 1


def _unified(values: Sequence[Value]) -> Type:
    if not values:
        raise InvalidValueError("at least one argument is required")
    kind = unify([type_of(value) for value in values])
    if kind is None:
        raise InvalidValueError("all arguments must have the same type")
    return kind
