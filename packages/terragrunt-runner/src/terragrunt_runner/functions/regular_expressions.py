"""Regular expressions."""

from __future__ import annotations

import re
from functools import partial

from terragrunt_runner.functions.re2 import compile_pattern
from terragrunt_runner.language.scope import Library
from terragrunt_runner.language.types import STRING, ObjectType, TupleType, Type
from terragrunt_runner.language.values import InvalidValueError, List, Null, UnsupportedError, Value

LIBRARY = Library()

_EXPAND = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)
_UNMATCHED = Null(STRING)
# Letters outside ASCII that fold to k and s.
_FOLDING = "\u212a\u017f"


@LIBRARY.define("regex", STRING, STRING)
def regex(pattern: str, text: str) -> Value:
    """The first match: a string, or its groups as a tuple or, where named, an object."""
    compiled = _compile(pattern, text)
    match = compiled.search(text)
    if match is None:
        raise InvalidValueError("the pattern does not match the string")
    return _result(match)


@LIBRARY.define("regexall", STRING, STRING)
def regexall(pattern: str, text: str) -> List:
    compiled = _compile(pattern, text)
    results = [_result(match) for match in _matches(compiled, text)]
    return List(results, _result_type(compiled))


@LIBRARY.define("replace", STRING, STRING, STRING)
def replace(text: str, search: str, replacement: str) -> str:
    """``search`` between slashes is a pattern, and ``$1`` in ``replacement`` then a group."""
    if not (len(search) > 1 and search[0] == search[-1] == "/"):
        return text.replace(search, replacement)
    output, position = [], 0
    for match in _matches(_compile(search[1:-1], text), text):
        output.append(text[position : match.start()])
        output.append(_EXPAND.sub(partial(_expand, match), replacement))
        position = match.end()
    return "".join([*output, text[position:]])


def _expand(found: re.Match[str], name: re.Match[str]) -> str:
    if name[1]:
        return "$"
    wanted = name[2] or name[3]
    try:
        return found[int(wanted) if wanted.isdecimal() else wanted] or ""
    except IndexError:
        return ""


def _matches(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """All matches, without the empty ones that touch the match before them."""
    found: list[re.Match[str]] = []
    for match in pattern.finditer(text):
        if not (found and match.start() == match.end() == found[-1].end()):
            found.append(match)
    return found


def _result(match: re.Match[str]) -> Value:
    if match.re.groupindex:
        return dict(match.groupdict(_UNMATCHED))
    return match.groups(_UNMATCHED) if match.re.groups else match.group()


def _result_type(pattern: re.Pattern[str]) -> Type:
    if pattern.groupindex:
        return ObjectType(tuple((name, STRING) for name in sorted(pattern.groupindex)))
    return TupleType((STRING,) * pattern.groups) if pattern.groups else STRING


def _compile(pattern: str, text: str) -> re.Pattern[str]:
    compiled, folds = compile_pattern(pattern)
    if folds and (not pattern.isascii() or any(letter in text for letter in _FOLDING)):
        raise UnsupportedError("(?i) with letters outside ASCII")
    if compiled.groupindex and len(compiled.groupindex) != compiled.groups:
        raise InvalidValueError("a pattern cannot have both named and unnamed groups")
    return compiled
