"""Filter patterns of CloudWatch Logs: does a log event match?

Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters". Built are terms
(``ERROR``, ``"a phrase"``, ``?one ?another``, ``-not``) and JSON (comparisons of a selector,
``IS``, ``EXISTS``, ``&&``, ``||``, parentheses); regular expressions and space-delimited events
are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from local_aws.wildcards import matches

Pattern = Callable[[str, Any], bool]
"""Gets the message, and the same as JSON, or None where it is none."""

_TOKEN = re.compile(
    r"\s*(?P<token>&&|\|\||<=|>=|!=|=|<|>|\(|\)|\"(?:[^\"\\]|\\.)*\"|\$[^\s=!<>()]*|[^\s()&|=!<>]+)"
)
_STEP = re.compile(r"\.([\w-]+)|\[(?:'([^']+)'|\"([^\"]+)\"|(\d+))\]")
_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_ABSENT = object()


class UnknownPatternError(Exception):
    """What the text names is not built."""


def compiled(text: str) -> Pattern:
    """Raises UnknownPatternError."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        return _JsonPattern(text[1:-1]).read()
    if text.startswith("[") or "%" in text:
        raise UnknownPatternError(text)
    return _terms(text)


def selected(document: Any, selector: str) -> Any:
    """The value at ``$.a.b[0]``, or None."""
    value = _value(document, selector)
    return None if value is _ABSENT else value


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
    """Reads an expression: ``||`` binds less than ``&&``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [match["token"] for match in _TOKEN.finditer(text)]
        self._place = 0

    def read(self) -> Pattern:
        test = self._either()
        if self._place != len(self._tokens):
            raise UnknownPatternError(self._text)
        return lambda _, document: document is not None and test(document)

    def _either(self) -> Callable[[Any], bool]:
        tests = [self._both()]
        while self._next_is("||"):
            tests.append(self._both())
        return lambda document: any(test(document) for test in tests)

    def _both(self) -> Callable[[Any], bool]:
        tests = [self._one()]
        while self._next_is("&&"):
            tests.append(self._one())
        return lambda document: all(test(document) for test in tests)

    def _one(self) -> Callable[[Any], bool]:
        if self._next_is("("):
            test = self._either()
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
                return lambda document: _value(document, selector) is not _ABSENT
            case "NOT" if self._take().upper() == "EXISTS":
                return lambda document: _value(document, selector) is _ABSENT
        return self._comparison(selector, operator, self._take())

    def _comparison(self, selector: str, operator: str, literal: str) -> Callable[[Any], bool]:
        if operator not in {"=", "!=", "<", "<=", ">", ">="}:
            raise UnknownPatternError(self._text)
        expected = json.loads(literal) if literal.startswith('"') else literal

        def test(document: Any) -> bool:
            actual = _value(document, selector)
            if actual is _ABSENT or isinstance(actual, (dict, list)):
                return False
            return _compares(actual, operator, expected)

        return test

    def _next_is(self, token: str) -> bool:
        found = self._place < len(self._tokens) and self._tokens[self._place] == token
        self._place += found
        return found

    def _take(self) -> str:
        if self._place == len(self._tokens):
            raise UnknownPatternError(self._text)
        self._place += 1
        return self._tokens[self._place - 1]


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
            return _ABSENT
        place = step.end()
        name = step[1] or step[2] or step[3]
        if name is not None and isinstance(document, dict) and name in document:
            document = document[name]
        elif step[4] is not None and isinstance(document, list) and int(step[4]) < len(document):
            document = document[int(step[4])]
        else:
            return _ABSENT
    return document
