"""Terraform's numbers: binary floating point with 512 bits of precision.

A whole number is an ``int``, any other is a ``Real``. The results of some functions have a lower
precision, which shows when two of them are divided: 64 bits for ``length``, 53 for ``pow`` and
``log``. ``LowPrecisionInt`` and ``Real`` keep it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

_PRECISION = 512


class LowPrecisionInt(int):
    """A whole number with a precision of less than 512 bits."""

    precision: int

    def __new__(cls, value: int, precision: int = 64) -> LowPrecisionInt:
        created = super().__new__(cls, value)
        created.precision = precision
        return created


@dataclass(frozen=True, slots=True)
class Real:
    """A number that is not whole, rounded to ``precision`` bits. With value 0 it is minus zero."""

    value: Fraction
    precision: int = _PRECISION


Number: TypeAlias = int | Real


def exact(number: Number) -> Fraction:
    return number.value if isinstance(number, Real) else Fraction(number)


def precision(number: Number) -> int:
    return number.precision if isinstance(number, (LowPrecisionInt, Real)) else _PRECISION


def round_to(value: Fraction, bits: int = _PRECISION) -> Number:
    """Round to ``bits`` bits, ties to even."""
    rounded = _round(value, bits)
    if rounded.denominator == 1:
        whole = rounded.numerator
        return LowPrecisionInt(whole, bits) if bits < _PRECISION else whole
    return Real(rounded, bits)


def is_negative(number: Number) -> bool:
    """Return whether the sign is minus, which includes minus zero."""
    return exact(number) < 0 or (isinstance(number, Real) and not number.value)


def minus_zero(bits: int) -> Real:
    return Real(Fraction(0), bits)


def from_float(value: float) -> Number:
    return round_to(Fraction(value), 53)


def to_float(number: Number) -> float:
    """Return the nearest double, which is infinite for a number beyond its range."""
    try:
        return float(exact(number))
    except OverflowError:
        return math.inf if exact(number) > 0 else -math.inf


def parse_number(text: str) -> Number:
    """Parse digits with an optional sign, fraction and exponent.

    Raises ValueError for anything else, and OverflowError for an exponent beyond 10,000.
    """
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > 10_000:
        raise OverflowError(text)
    return round_to(Fraction(mantissa) * Fraction(10) ** int(exponent or "0"))


def format_number(number: Number) -> str:
    """Format in decimal digits: as few as identify the number within its precision."""
    if isinstance(number, Real) and not number.value:
        return "-0"
    if not isinstance(number, Real):
        return _format_whole(int(number), precision(number))
    return ("-" if number.value < 0 else "") + _shortest(abs(number.value), number.precision)


def _format_whole(number: int, bits: int) -> str:
    if abs(number).bit_length() <= bits:
        return str(int(number))
    return ("-" if number < 0 else "") + _shortest(Fraction(abs(number)), bits)


def _exponent(value: Fraction) -> int:
    """Return e such that 2**(e-1) <= value < 2**e."""
    guess = value.numerator.bit_length() - value.denominator.bit_length()
    return guess + 1 if value >= Fraction(2) ** guess else guess


def _round(value: Fraction, bits: int) -> Fraction:
    if value == 0:
        return value
    unit = Fraction(2) ** (_exponent(abs(value)) - bits)
    return round(value / unit) * unit


def _shortest(value: Fraction, bits: int) -> str:
    exponent = _exponent(value)
    unit = Fraction(2) ** (exponent - bits)
    upper = value + unit / 2
    # Below a power of two, the distance between numbers is half of that above it.
    lower = value - (unit / 4 if value == Fraction(2) ** (exponent - 1) else unit / 2)
    inclusive = (value / unit).numerator % 2 == 0

    def identifies(candidate: Fraction) -> bool:
        if inclusive:
            return lower <= candidate <= upper
        return lower < candidate < upper

    places = -len(str(value.numerator // value.denominator)) if value >= 1 else 0
    while True:
        scale = Fraction(10) ** places
        down = Fraction(math.floor(value * scale)) / scale
        candidates = [c for c in (down, down + 1 / scale) if identifies(c)]
        if candidates:
            return _decimal(min(candidates, key=lambda c: abs(c - value)), places)
        places += 1


def _decimal(value: Fraction, places: int) -> str:
    if places <= 0:
        return str(int(value))
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
