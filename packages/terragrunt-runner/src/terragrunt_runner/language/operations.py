"""Operations on values: operators, attribute and index access, iteration.

All raise InvalidValueError for operands that do not fit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from terragrunt_runner.language.convert import describe, to_bool, to_number, to_string
from terragrunt_runner.language.numbers import (
    Number,
    exact,
    is_negative,
    minus_zero,
    precision,
    round_to,
)
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    Map,
    Set,
    Value,
    element_of,
    elements,
    equal,
    is_null,
    type_of,
)

_COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def binary_operation(symbol: str, left: Value, right: Value) -> Value:
    """Return the value of ``left symbol right``."""
    if symbol in ("==", "!="):
        return equal(left, right) == (symbol == "==")
    if symbol in ("&&", "||"):
        first, second = to_bool(left), to_bool(right)
        return (first and second) if symbol == "&&" else (first or second)
    a, b = to_number(left), to_number(right)
    if symbol in _COMPARISONS:
        return _COMPARISONS[symbol](exact(a), exact(b))
    return _arithmetic(symbol, a, b)


def negate(number: Number) -> Number:
    if exact(number) == 0 and not is_negative(number):
        return minus_zero(precision(number))
    return round_to(-exact(number), precision(number))


def read_attribute(target: Value, name: str) -> Value:
    """Return ``target.name``."""
    if is_null(target):
        raise InvalidValueError(f"cannot read attribute {name!r} of null")
    if not isinstance(target, Mapping):
        raise InvalidValueError(f"{describe(type_of(target))} has no attributes, so no {name!r}")
    if name not in target:
        if isinstance(target, Map):
            raise InvalidValueError(f"the map has no element with key {name!r}")
        raise InvalidValueError(f"the object has no attribute named {name!r}")
    return element_of(target, target[name]) if isinstance(target, Map) else target[name]


def read_element(target: Value, key: Value) -> Value:
    """Return ``target[key]``."""
    if is_null(target):
        raise InvalidValueError("cannot index null")
    if is_null(key):
        raise InvalidValueError("cannot use null as an index")
    if isinstance(target, Mapping):
        return read_attribute(target, to_string(key))
    if isinstance(target, Set) or not isinstance(target, tuple):
        raise InvalidValueError(f"{describe(type_of(target))} has no index")
    position = exact(to_number(key))
    if position.denominator != 1:
        raise InvalidValueError("an index must be a whole number")
    if not 0 <= position < len(target):
        raise InvalidValueError(f"index {position} is outside the {len(target)} element(s)")
    item = target[int(position)]
    return element_of(target, item) if isinstance(target, List) else item


def key_value_pairs(collection: Value) -> Iterator[tuple[Value, Value]]:
    """Yield the keys and values of a for expression; the elements of a set are both."""
    if isinstance(collection, Mapping):
        for name in sorted(collection):
            yield name, read_attribute(collection, name)
    elif isinstance(collection, Set):
        for item in elements(collection):
            yield item, item
    elif isinstance(collection, tuple):
        yield from enumerate(elements(collection))
    else:
        raise InvalidValueError(f"cannot iterate over {describe(type_of(collection))}")


def _arithmetic(symbol: str, left: Number, right: Number) -> Number:
    a, b = exact(left), exact(right)
    bits = max(precision(left), precision(right))
    if b == 0 and symbol == "/":
        raise InvalidValueError("division by zero")
    if symbol == "%":
        if b == 0:
            return left  # as Terraform
        # Truncated, so the result has the sign of the left side.
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return round_to(a - quotient * b, bits)
    minus, other_minus = is_negative(left), is_negative(right)
    if symbol in ("+", "-"):
        if a == b == 0 and minus and other_minus == (symbol == "+"):
            return minus_zero(bits)
        return round_to(a + b if symbol == "+" else a - b, bits)
    result = a * b if symbol == "*" else a / b
    return minus_zero(bits) if result == 0 and minus != other_minus else round_to(result, bits)
