"""Values as text: JSON as Terraform writes it, and HCL.

``to_json`` is what ``jsonencode`` gives and what a ``TF_VAR_`` of a list or object holds.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from terragrunt_runner.language.convert import convert
from terragrunt_runner.language.numbers import Number, format_number, parse_number
from terragrunt_runner.language.types import type_from_json
from terragrunt_runner.language.values import InvalidValueError, Value, elements, is_null, is_number

_JSON_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
# Go escapes what would be unsafe inside a script element.
_JSON_SPECIAL = re.compile(r'["\\\x00-\x1f<>&\u2028\u2029]')
_HCL_SPECIAL = re.compile(r'["\\\x00-\x1f]|\$\{|%\{')
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]*")


def to_json(value: Value) -> str:
    """Compact, keys sorted, numbers in plain digits."""
    if is_null(value):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json_string(value)
    if is_number(value):
        return format_number(cast("Number", value))
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json_string(k)}:{to_json(value[k])}" for k in sorted(value)) + "}"
    return "[" + ",".join(map(to_json, elements(value))) + "]"


def json_string(text: str) -> str:
    return '"' + _JSON_SPECIAL.sub(_json_escape, text) + '"'


def from_json(text: str) -> Value:
    """Objects become objects and arrays tuples. Raises InvalidValueError for what is not JSON."""
    try:
        return _normalised(
            json.loads(
                text,
                parse_int=parse_number,
                parse_float=parse_number,
                parse_constant=_refuse_constant,
            )
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InvalidValueError(f"not JSON: {error.msg} at {place}") from None
    except (RecursionError, OverflowError):
        raise InvalidValueError("not JSON that can be read: too deep or too large") from None


def from_typed_json(value: Any, encoded_type: Any) -> Value:
    """Convert a value parsed by :mod:`json` to the type that a state has beside it.

    Without a usable type, objects become objects and arrays tuples.
    """
    plain = from_json(json.dumps(value))
    if encoded_type is None:
        return plain
    try:
        return convert(plain, type_from_json(encoded_type))
    except (ValueError, InvalidValueError):
        return plain


def to_hcl(value: Value, indent: int = 0) -> str:
    """An HCL expression that evaluates to ``value``; ``indent`` is that of its first line."""
    if isinstance(value, str):
        return '"' + _HCL_SPECIAL.sub(_hcl_escape, value) + '"'
    if not isinstance(value, (tuple, Mapping)):
        return to_json(value)
    inner = " " * (indent + 2)
    if isinstance(value, Mapping):
        lines = [f"{_key(name)} = {to_hcl(value[name], indent + 2)}" for name in sorted(value)]
        opening, separator, closing = "{", "\n", "}"
    else:
        lines = [f"{to_hcl(item, indent + 2)}," for item in elements(value)]
        opening, separator, closing = "[", "\n", "]"
    if not lines:
        return opening + closing
    body = separator.join(inner + line for line in lines)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def _key(name: str) -> str:
    reserved = name in ("for", "true", "false", "null")
    return name if _IDENTIFIER.fullmatch(name) and not reserved else to_hcl(name)


def _json_escape(match: re.Match[str]) -> str:
    character = match.group()
    return _JSON_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _hcl_escape(match: re.Match[str]) -> str:
    found = match.group()
    if found in ("${", "%{"):
        return found[0] + found
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return known.get(found) or f"\\u{ord(found):04x}"


def _normalised(value: Value) -> Value:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return tuple(map(_normalised, value))
    if isinstance(value, dict):
        return {text(name): _normalised(item) for name, item in value.items()}
    return value


def text(value: str) -> str:
    """A string as a Terraform value: composed characters, no lone surrogates."""
    if value.isascii():
        return value
    clean = re.sub("[\ud800-\udfff]", "\ufffd", value)
    return unicodedata.normalize("NFC", clean)


def _refuse_constant(name: str) -> None:
    raise InvalidValueError(f"not JSON: {name}")
