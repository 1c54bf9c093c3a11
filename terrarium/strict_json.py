"""JSON that every reader reads alike, and where a text departs from it.

RFC 8259 leaves duplicate keys to the reader, and Python reads ``NaN``. Neither is let through here.
The standard library alone and no newer syntax than Python 3.8's, for the document check's sake.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 100
"""Lists and objects inside one another: readers give up at various depths, none before this one."""

_BYTE_ORDER_MARK = "\ufeff"
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}:]|-?Infinity|NaN', re.DOTALL)


class JsonError(ValueError):
    """``reason`` is a phrase without a place; ``line`` counts from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason = reason
        self.line = line


def check(text: str) -> None:
    """Raises JsonError for the first thing that is not strict JSON."""
    if text.startswith(_BYTE_ORDER_MARK):
        raise JsonError("a byte order mark comes before the text", 1)
    doubts = _Doubts()
    try:
        json.loads(
            text,
            # Numbers stay text: their form is the question, not their value.
            parse_int=str,
            parse_float=str,
            parse_constant=doubts.constant,
            object_pairs_hook=doubts.object,
        )
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise JsonError(f"{reason} (column {error.colno})", error.lineno) from None
    except RecursionError:
        doubts.any = True
    if doubts.any or text.count("[") + text.count("{") > MAX_DEPTH:
        _locate(text)


class _Doubts:
    """Notices what Python's reader accepts but cannot place."""

    def __init__(self) -> None:
        self.any = False

    def constant(self, _: str) -> None:
        self.any = True

    def object(self, pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            self.any = True


def _locate(text: str) -> None:
    """Raise for the first constant, duplicate key or too deep nesting of what is JSON otherwise."""
    keys: list[set[str]] = []
    string, start = "", 0
    for token in _TOKEN.finditer(text):
        found = token.group()
        if found[0] == '"':
            string, start = found, token.start()
        elif found in "[{":
            keys.append(set())
            if len(keys) > MAX_DEPTH:
                raise JsonError(f"nested more than {MAX_DEPTH} deep", _line(text, token.start()))
        elif found in "]}":
            keys.pop()
        elif found == ":":
            key = json.loads(string)
            if key in keys[-1]:
                raise JsonError(f"duplicate key {string}", _line(text, start))
            keys[-1].add(key)
        else:
            raise JsonError(f"{found} is not a JSON number", _line(text, token.start()))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
