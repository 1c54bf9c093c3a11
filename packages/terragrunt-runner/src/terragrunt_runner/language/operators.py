"""The operators."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from terragrunt_runner.language.convert import to_bool, to_number
from terragrunt_runner.language.numbers import (
    Number,
    exact,
    is_negative,
    make,
    minus_zero,
    precision,
)
from terragrunt_runner.language.values import Mismatch, Value, equal


def operate(operator: str, left: Value, right: Value) -> Value:
    """The value of ``left operator right``. Raises Mismatch for operands that do not convert."""
    if operator in ("==", "!="):
        return equal(left, right) == (operator == "==")
    if operator in ("&&", "||"):
        first, second = to_bool(left), to_bool(right)
        return (first and second) if operator == "&&" else (first or second)
    a, b = to_number(left), to_number(right)
    if operator in _COMPARISONS:
        return _COMPARISONS[operator](exact(a), exact(b))
    return _arithmetic(operator, a, b)


_COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _arithmetic(operator: str, left: Number, right: Number) -> Number:
    a, b = exact(left), exact(right)
    bits = max(precision(left), precision(right))
    if b == 0 and operator == "/":
        raise Mismatch("division by zero")
    if operator == "%":
        if b == 0:
            return left  # which is what Terraform answers
        # Truncated, so the result has the sign of the left side.
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return make(a - quotient * b, bits)
    minus, other_minus = is_negative(left), is_negative(right)
    if operator in ("+", "-"):
        if a == b == 0 and minus and other_minus == (operator == "+"):
            return minus_zero(bits)
        return make(a + b if operator == "+" else a - b, bits)
    result = a * b if operator == "*" else a / b
    return minus_zero(bits) if result == 0 and minus != other_minus else make(result, bits)


def negate(number: Number) -> Number:
    if exact(number) == 0 and not is_negative(number):
        return minus_zero(precision(number))
    return make(-exact(number), precision(number))
