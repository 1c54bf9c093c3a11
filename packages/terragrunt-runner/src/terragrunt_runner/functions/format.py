"""The functions ``format`` and ``formatlist``.

Source: https://developer.hashicorp.com/terraform/language/functions/format
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import cast

from terragrunt_runner.functions.string import characters
from terragrunt_runner.language.convert import to_bool, to_number, to_string
from terragrunt_runner.language.numbers import Number, exact, format_number, is_negative
from terragrunt_runner.language.scope import NULLABLE, Library
from terragrunt_runner.language.serialise import to_json
from terragrunt_runner.language.types import STRING
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    UnsupportedError,
    Value,
    elements,
    is_null,
    is_number,
)

LIBRARY = Library()

_VERB = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d*|\*))?"
    r"(?:\[(?P<index>\d+)\])?(?P<verb>.)?",
    re.DOTALL,
)
_WHOLE = "bdoxX"
_FLOATS = "eEfgG"


@dataclass(frozen=True, slots=True)
class _Verb:
    letter: str
    flags: str
    width: int
    precision: int | None

    def pad(self, text: str) -> str:
        """Pad a text. Zeros (``%05s``) go on the side of the padding, before a sign too."""
        missing = self.width - len(characters(text))
        padding = ("0" if "0" in self.flags else " ") * missing
        return text + padding if "-" in self.flags else padding + text

    def pad_number(self, sign: str, digits: str) -> str:
        missing = self.width - len(sign) - len(digits)
        if "-" in self.flags:
            return sign + digits + " " * missing
        if "0" in self.flags:
            return sign + "0" * missing + digits
        return " " * missing + sign + digits


@LIBRARY.define("format", STRING, variadic=NULLABLE)
def format_(specification: str, *arguments: Value) -> str:
    """Format as Go's Sprintf. ``%s`` takes any primitive, and ``%v`` any value."""
    output: list[str] = []
    position = used = highest = 0
    for match in _VERB.finditer(specification):
        output.append(specification[position : match.start()])
        position = match.end()
        if match["verb"] == "%" and match.group() == "%%":
            output.append("%")
            continue
        if "*" in (match["width"], match["precision"]):
            raise InvalidValueError("'*' as a width or precision is not supported")
        if match["verb"] is None:
            raise InvalidValueError(f"{match.group()!r} at the end is not a complete verb")
        index = int(match["index"]) if match["index"] else used + 1
        if not 1 <= index <= len(arguments):
            raise InvalidValueError(
                f"{match.group()!r} needs argument {index}, {len(arguments)} given"
            )
        used, highest = index, max(highest, index)
        precision = None if match["precision"] is None else int(match["precision"] or "0")
        verb = _Verb(match["verb"], match["flags"], int(match["width"] or "0"), precision)
        output.append(_format_value(verb, arguments[index - 1]))
    if highest < len(arguments):
        raise InvalidValueError(f"{len(arguments)} arguments given, {highest} used")
    return "".join([*output, specification[position:]])


@LIBRARY.define("formatlist", STRING, variadic=NULLABLE)
def formatlist(specification: str, *arguments: Value) -> List:
    """Format once for each element of the lists among the arguments; their lengths are equal."""
    lengths = {len(argument) for argument in arguments if isinstance(argument, tuple)}
    if len(lengths) > 1:
        raise InvalidValueError("the lists differ in length")
    count = lengths.pop() if lengths else 1
    columns = [elements(a) if isinstance(a, tuple) else [a] * count for a in arguments]
    rows = zip(*columns, strict=True) if columns else [()]
    return List([format_(specification, *row) for row in rows], STRING)


def _format_value(verb: _Verb, value: Value) -> str:
    if value is None:
        raise UnsupportedError("a null argument")
    if verb.letter == "v":
        return _default_format(verb, value)
    if is_null(value):
        raise InvalidValueError(f"'%{verb.letter}' cannot show null")
    if verb.letter in ("s", "q"):
        return verb.pad(_string(verb, to_string(value)))
    if verb.letter == "t":
        return "true" if to_bool(value) else "false"  # Terraform ignores a width here
    if verb.letter in _WHOLE:
        return _whole(verb, to_number(value))
    if verb.letter in _FLOATS:
        return _float(verb, to_number(value))
    raise InvalidValueError(f"there is no verb '%{verb.letter}'")


def _default_format(verb: _Verb, value: Value) -> str:
    if "#" in verb.flags or is_null(value) or isinstance(value, (tuple, dict)):
        return verb.pad(to_json(value))
    if is_number(value):
        return verb.pad(_float(_Verb("g", "", 0, None), cast("Number", value)))
    return verb.pad(to_string(value))


def _string(verb: _Verb, text: str) -> str:
    if verb.precision is not None:
        text = "".join(characters(text)[: verb.precision])
    return to_json(text) if verb.letter == "q" else text


def _whole(verb: _Verb, number: Number) -> str:
    value = exact(number)
    if value.denominator != 1:
        raise InvalidValueError(
            f"'%{verb.letter}' needs a whole number, not {format_number(number)}"
        )
    if verb.precision is not None or {"#", "0"} <= set(verb.flags):
        raise UnsupportedError(f"a precision, or '#' with '0', for '%{verb.letter}'")
    digits = format(abs(int(value)), verb.letter)
    if "#" in verb.flags:
        digits = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb.letter, "") + digits
    return verb.pad_number(_sign(verb, value), digits)


def _sign(verb: _Verb, value: Fraction) -> str:
    if value < 0:
        return "-"
    return "+" if "+" in verb.flags else " " if " " in verb.flags else ""


def _float(verb: _Verb, number: Number) -> str:
    if "#" in verb.flags or {"-", "0"} <= set(verb.flags):
        raise UnsupportedError(f"'#', or '-' with '0', for '%{verb.letter}'")
    value = exact(number)
    if not value and is_negative(number):
        raise UnsupportedError("minus zero")
    with localcontext() as context:
        context.prec = 1000
        decimal = Decimal(abs(value).numerator) / Decimal(abs(value).denominator)
        if verb.letter in "gG":
            text = _general(verb, number, decimal)
        else:
            places = 6 if verb.precision is None else verb.precision
            text = _two_digit_exponent(format(decimal, f".{places}{verb.letter}"))
            if not value and verb.letter in "eE":
                text = f"{format(0.0, f'.{places}f')}{verb.letter}+00"
    return verb.pad_number(_sign(verb, value), text)


def _general(verb: _Verb, number: Number, decimal: Decimal) -> str:
    """Format as Go's %g: as few digits as needed; with an exponent below 1e-4 and from 1e6."""
    if decimal == 0:
        return "0"
    if verb.precision is not None:
        significant = max(verb.precision, 1)
        rounded = Decimal(format(decimal, f".{significant - 1}e"))
        limit = significant
    else:
        rounded = abs(Decimal(format_number(number)))
        limit = 6
    if not -4 <= rounded.adjusted() < limit:
        digits = len(rounded.normalize().as_tuple().digits)
        letter = "e" if verb.letter == "g" else "E"
        return _two_digit_exponent(format(rounded, f".{digits - 1}{letter}"))
    return format(rounded.normalize(), "f")


def _two_digit_exponent(text: str) -> str:
    return re.sub(r"([eE][+-])(\d)$", r"\g<1>0\2", text)
