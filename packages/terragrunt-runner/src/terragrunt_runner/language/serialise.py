"""Values to and from JSON, and to HCL."""

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

# Characters that Go escapes beyond JSON, because they are unsafe in a script element.
_ESCAPED_BY_GO = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})
_HCL_ESCAPES = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
    "${": "$${",
    "%{": "%%{",
}
_HCL_SPECIAL = re.compile(r'["\\\x00-\x1f]|\$\{|%\{')
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]*")


def to_json(value: Value) -> str:
    """Write JSON as ``jsonencode`` and a ``TF_VAR_`` variable have it: compact, keys sorted."""
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
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED_BY_GO)


def from_json(text: str) -> Value:
    """Read JSON: objects become objects, arrays become tuples.

    Raises InvalidValueError for what is not JSON.
    """
    try:
        parsed = json.loads(
            text,
            parse_int=parse_number,
            parse_float=parse_number,
            parse_constant=_refuse_constant,
        )
        return _from_python(parsed)
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
    """Write an HCL expression for the value; ``indent`` is that of its first line."""
    if isinstance(value, str):
        return '"' + _HCL_SPECIAL.sub(_hcl_escape, value) + '"'
    if isinstance(value, Mapping):
        lines = [f"{_key(name)} = {to_hcl(value[name], indent + 2)}" for name in sorted(value)]
        return _lines("{", lines, "}", indent)
    if isinstance(value, tuple):
        lines = [f"{to_hcl(item, indent + 2)}," for item in elements(value)]
        return _lines("[", lines, "]", indent)
    return to_json(value)


def clean_text(value: str) -> str:
    """Return a string as Terraform has it: composed characters, no lone surrogates."""
    return unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", value))


def _lines(opening: str, lines: list[str], closing: str, indent: int) -> str:
    if not lines:
        return opening + closing
    separator = "\n" + " " * (indent + 2)
    return opening + separator + separator.join(lines) + "\n" + " " * indent + closing


def _key(name: str) -> str:
    reserved = name in ("for", "true", "false", "null")
    return name if _IDENTIFIER.fullmatch(name) and not reserved else to_hcl(name)


def _hcl_escape(match: re.Match[str]) -> str:
    return _HCL_ESCAPES.get(match.group()) or f"\\u{ord(match.group()):04x}"


def _from_python(parsed: Value) -> Value:
    if isinstance(parsed, str):
        return clean_text(parsed)
    if isinstance(parsed, list):
        return tuple(map(_from_python, parsed))
    if isinstance(parsed, dict):
        return {clean_text(name): _from_python(item) for name, item in parsed.items()}
    return parsed


def _refuse_constant(name: str) -> None:
    raise InvalidValueError(f"not JSON: {name}")
