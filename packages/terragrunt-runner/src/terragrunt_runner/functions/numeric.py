"""Functions for numbers."""

from __future__ import annotations

import math
from functools import reduce

from terragrunt_runner.language.numbers import (
    Number,
    exact,
    from_float,
    precision,
    round_to,
    to_float,
)
from terragrunt_runner.language.scope import ANY, Library
from terragrunt_runner.language.types import NUMBER
from terragrunt_runner.language.values import InvalidValueError, UnsupportedError, Value

LIBRARY = Library()

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@LIBRARY.define("abs", NUMBER)
def abs_(number: Number) -> Number:
    return round_to(abs(exact(number)), precision(number))


@LIBRARY.define("ceil", NUMBER)
def ceil(number: Number) -> Number:
    return math.ceil(exact(number))


@LIBRARY.define("floor", NUMBER)
def floor(number: Number) -> Number:
    return math.floor(exact(number))


@LIBRARY.define("signum", NUMBER)
def signum(number: Number) -> int:
    value = to_int(number, "the argument")
    return (value > 0) - (value < 0)


@LIBRARY.define("max", NUMBER, variadic=NUMBER)
def max_(*numbers: Number) -> Number:
    return max(numbers, key=exact)


@LIBRARY.define("min", NUMBER, variadic=NUMBER)
def min_(*numbers: Number) -> Number:
    return min(numbers, key=exact)


@LIBRARY.define("log", NUMBER, NUMBER)
def log(number: Number, base: Number) -> Number:
    try:
        result = math.log(to_float(number)) / math.log(to_float(base))
    except (ValueError, ZeroDivisionError):
        raise InvalidValueError("the logarithm is not a finite number") from None
    return _finite(result)


@LIBRARY.define("pow", NUMBER, NUMBER)
def pow_(number: Number, power: Number) -> Number:
    try:
        result = math.pow(to_float(number), to_float(power))
    except (ValueError, OverflowError):
        raise UnsupportedError("the result is not a finite number") from None
    return _finite(result)


@LIBRARY.define("parseint", ANY, NUMBER)
def parseint(text: Value, base: Number) -> int:
    if not isinstance(text, str):
        raise InvalidValueError("the first argument must be a string")
    if not isinstance(base, int) or not 2 <= base <= 62:
        raise InvalidValueError("the base must be a whole number between 2 and 62")
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("+", "-") else text
    values = [_DIGITS.find(c if base > 36 else c.lower()) for c in digits]
    if not values or not all(0 <= value < base for value in values):
        raise InvalidValueError(f"{text!r} is not a whole number of base {int(base)}")
    return sign * reduce(lambda total, value: total * base + value, values, 0)


def _finite(result: float) -> Number:
    if not math.isfinite(result):
        raise UnsupportedError("the result is not a finite number")
    return from_float(result)


def to_int(number: Number, what: str) -> int:
    """Raises InvalidValueError unless the number is whole; ``what`` names it in the message."""
    value = exact(number)
    if value.denominator != 1:
        raise InvalidValueError(f"{what} must be a whole number")
    return int(value)
