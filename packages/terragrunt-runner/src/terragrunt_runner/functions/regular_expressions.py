"""Regular expressions, matched by RE2 as Go's are.

Source of the syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, TypeAlias

import re2

from terragrunt_runner.language.scope import Library
from terragrunt_runner.language.types import STRING, ObjectType, TupleType, Type
from terragrunt_runner.language.values import InvalidValueError, List, Null, UnsupportedError, Value

LIBRARY = Library()

# google-re2 has no type hints. Its patterns and matches have the methods of Python's.
_Pattern: TypeAlias = "re.Pattern[str]"
_Match: TypeAlias = "re.Match[str]"

_EXPAND = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)
_SINGLE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_GROUP_NAME = re.compile(r"\(\?P?<(\w+)>")
_UNMATCHED = Null(STRING)
_OPTIONS: Any = re2.Options()
_OPTIONS.log_errors = False


@LIBRARY.define("regex", STRING, STRING)
def regex(pattern: str, text: str) -> Value:
    """Return the first match: a string, or its groups as a tuple or, if named, an object."""
    match = _compile_for_result(pattern).search(text)
    if match is None:
        raise InvalidValueError("the pattern does not match the string")
    return _result(match)


@LIBRARY.define("regexall", STRING, STRING)
def regexall(pattern: str, text: str) -> List:
    compiled = _compile_for_result(pattern)
    return List(map(_result, _find_all(compiled, text)), _result_type(compiled))


@LIBRARY.define("replace", STRING, STRING, STRING)
def replace(text: str, search: str, replacement: str) -> str:
    """``search`` between slashes is a pattern; ``$1`` in ``replacement`` is then a group."""
    if not (len(search) > 1 and search[0] == search[-1] == "/"):
        return text.replace(search, replacement)
    output, position = [], 0
    for match in _find_all(compile_pattern(search[1:-1]), text):
        output.append(text[position : match.start()])
        output.append(_EXPAND.sub(partial(_expand, match), replacement))
        position = match.end()
    return "".join([*output, text[position:]])


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Return whether any of the patterns matches a part of the text."""
    return any(compile_pattern(pattern).search(text) for pattern in patterns)


def compile_pattern(pattern: str) -> _Pattern:
    """Raises InvalidValueError for a pattern that Go refuses."""
    if _SINGLE_BYTE.search(pattern):
        raise InvalidValueError(r"invalid pattern: '\C' is not supported")
    try:
        compiled: _Pattern = re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        raise InvalidValueError(f"invalid pattern: {_reason(error)}") from None
    for name in compiled.groupindex:
        if not name.isascii():
            raise InvalidValueError(f"invalid pattern: the group name {name!r} is not ASCII")
    return compiled


def _compile_for_result(pattern: str) -> _Pattern:
    compiled = compile_pattern(pattern)
    names = _GROUP_NAME.findall(pattern)
    if len(set(names)) < len(names):
        raise UnsupportedError(f"two groups with one name in the pattern {pattern!r}")
    if compiled.groupindex and len(compiled.groupindex) != compiled.groups:
        raise InvalidValueError("a pattern cannot have both named and unnamed groups")
    return compiled


def _reason(error: Exception) -> str:
    reason = error.args[0]
    return reason.decode() if isinstance(reason, bytes) else str(reason)


def _expand(found: _Match, name: _Match) -> str:
    if name[1]:
        return "$"
    wanted = name[2] or name[3]
    try:
        return found[int(wanted) if wanted.isdecimal() else wanted] or ""
    except IndexError:
        return ""


def _find_all(pattern: _Pattern, text: str) -> Iterator[_Match]:
    """Yield all matches. As in Go, an empty match that touches the match before it is none."""
    end = -1
    for match in pattern.finditer(text):
        if match.start() != match.end() or match.end() != end:
            yield match
        end = match.end()


def _result(match: _Match) -> Value:
    if match.re.groupindex:
        return dict(match.groupdict(_UNMATCHED))
    return match.groups(_UNMATCHED) if match.re.groups else match.group()


def _result_type(pattern: _Pattern) -> Type:
    if pattern.groupindex:
        return ObjectType(tuple((name, STRING) for name in sorted(pattern.groupindex)))
    return TupleType((STRING,) * pattern.groups) if pattern.groups else STRING
