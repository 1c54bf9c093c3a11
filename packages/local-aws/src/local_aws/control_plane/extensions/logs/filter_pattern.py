"""Filter patterns of CloudWatch Logs.

Supported are terms (``ERROR``, ``"a phrase"``, ``?one ?another``, ``-not``) and JSON (comparisons
of a selector, ``IS``, ``EXISTS``, ``&&``, ``||``, parentheses). Regular expressions and
space-delimited events are not.

Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from local_aws.wildcards import matches

Pattern = Callable[[str, Any], bool]
"""Returns whether an event matches, given its message and the message as JSON or None."""

_TOKEN = re.compile(
    r"\s*(?P<token>&&|\|\||<=|>=|!=|=|<|>|\(|\)|\"(?:[^\"\\]|\\.)*\"|\$[^\s=!<>()]*|[^\s()&|=!<>]+)"
)
_STEP = re.compile(r"\.([\w-]+)|\[(?:'([^']+)'|\"([^\"]+)\"|(\d+))\]")
_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_MISSING = object()


class UnknownPatternError(Exception):
    """The pattern is invalid or not supported."""


def compiled(text: str) -> Pattern:
    """Raises UnknownPatternError."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        return _JsonPattern(text[1:-1]).parse()
    if text.startswith("[") or "%" in text:
        raise UnknownPatternError(text)
    return _terms(text)


def selected(document: Any, selector: str) -> Any:
    """Return the value at a selector like ``$.a.b[0]``, or None."""
    value = _value(document, selector)
    return None if value is _MISSING else value


def _terms(text: str) -> Pattern:
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for mark, phrase, word in _TERM.findall(text):
        terms[mark].append(phrase or word)
    needed, optional, excluded = terms.values()

    def test(message: str, _: Any) -> bool:
        return (
            all(term in message for term in needed)
            and (not optional or bool(needed) or any(term in message for term in optional))
            and not any(term in message for term in excluded)
        )

    return test


class _JsonPattern:
    """Recursive descent; ``&&`` binds tighter than ``||``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [match["token"] for match in _TOKEN.finditer(text)]
        self._position = 0

    def parse(self) -> Pattern:
        test = self._disjunction()
        if self._position != len(self._tokens):
            raise UnknownPatternError(self._text)
        return lambda _, document: document is not None and test(document)

    def _disjunction(self) -> Callable[[Any], bool]:
        tests = [self._conjunction()]
        while self._next_is("||"):
            tests.append(self._conjunction())
        return lambda document: any(test(document) for test in tests)

    def _conjunction(self) -> Callable[[Any], bool]:
        tests = [self._condition()]
        while self._next_is("&&"):
            tests.append(self._condition())
        return lambda document: all(test(document) for test in tests)

    def _condition(self) -> Callable[[Any], bool]:
        if self._next_is("("):
            test = self._disjunction()
            if not self._next_is(")"):
                raise UnknownPatternError(self._text)
            return test
        selector, operator = self._take(), self._take()
        if not selector.startswith("$"):
            raise UnknownPatternError(self._text)
        match operator.upper():
            case "IS":
                return _is(selector, self._take().upper())
            case "EXISTS":
                return lambda document: _value(document, selector) is not _MISSING
            case "NOT" if self._take().upper() == "EXISTS":
                return lambda document: _value(document, selector) is _MISSING
        return self._comparison(selector, operator, self._take())

    def _comparison(self, selector: str, operator: str, literal: str) -> Callable[[Any], bool]:
        if operator not in {"=", "!=", "<", "<=", ">", ">="}:
            raise UnknownPatternError(self._text)
        expected = json.loads(literal) if literal.startswith('"') else literal

        def test(document: Any) -> bool:
            actual = _value(document, selector)
            if actual is _MISSING or isinstance(actual, (dict, list)):
                return False
            return _compares(actual, operator, expected)

        return test

    def _next_is(self, token: str) -> bool:
        found = self._position < len(self._tokens) and self._tokens[self._position] == token
        self._position += found
        return found

    def _take(self) -> str:
        if self._position == len(self._tokens):
            raise UnknownPatternError(self._text)
        self._position += 1
        return self._tokens[self._position - 1]


def _is(selector: str, name: str) -> Callable[[Any], bool]:
    wanted = {"TRUE": True, "FALSE": False, "NULL": None}
    if name not in wanted:
        raise UnknownPatternError(f"{selector} IS {name}")
    return lambda document: _value(document, selector) is wanted[name]


def _compares(actual: Any, operator: str, expected: str) -> bool:
    number = _number(expected)
    if isinstance(actual, (int, float)) and not isinstance(actual, bool) and number is not None:
        return {
            "=": actual == number,
            "!=": actual != number,
            "<": actual < number,
            "<=": actual <= number,
            ">": actual > number,
            ">=": actual >= number,
        }[operator]
    same = isinstance(actual, str) and matches(expected, actual)
    return same if operator == "=" else operator == "!=" and not same


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _value(document: Any, selector: str) -> Any:
    place = 1
    while place < len(selector):
        step = _STEP.match(selector, place)
        if step is None:
            return _MISSING
        place = step.end()
        name = step[1] or step[2] or step[3]
        if name is not None and isinstance(document, dict) and name in document:
            document = document[name]
        elif step[4] is not None and isinstance(document, list) and int(step[4]) < len(document):
            document = document[int(step[4])]
        else:
            return _MISSING
    return document
