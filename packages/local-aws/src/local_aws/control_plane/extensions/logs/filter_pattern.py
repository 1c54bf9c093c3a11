"""Filter patterns of CloudWatch Logs.

Supported are terms (``ERROR``, ``"a phrase"``, ``?one ?another``, ``-not``) and JSON (comparisons
of a selector, ``IS``, ``EXISTS``, ``&&``, ``||``, parentheses). Regular expressions and
space-delimited events are not.

Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters".
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from local_aws.wildcards import matches

Pattern = Callable[[str, Any], bool]
"""Returns whether an event matches, given its message and the message as JSON or None."""

Test = Callable[[Any], bool]

_GRAMMAR = r"""
    ?start: conjunction ("||" conjunction)*     -> disjunction
    ?conjunction: condition ("&&" condition)*
    ?condition: "(" start ")"
        | SELECTOR "IS"i CONSTANT               -> is_constant
        | SELECTOR "EXISTS"i                    -> exists
        | SELECTOR "NOT"i "EXISTS"i             -> not_exists
        | SELECTOR OPERATOR (QUOTED | LITERAL)  -> comparison

    CONSTANT.2: /(TRUE|FALSE|NULL)\b/i
    LITERAL: /[^\s()&|=!<>"]+/
    OPERATOR: "=" | "!=" | "<" | "<=" | ">" | ">="
    QUOTED: /"(?:[^"\\]|\\.)*"/
    SELECTOR: /\$[^\s=!<>()]*/
    %ignore /\s+/
"""
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_STEP = re.compile(r"\.([\w-]+)|\[(?:'([^']+)'|\"([^\"]+)\"|(\d+))\]")
_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_MISSING = object()


class UnknownPatternError(Exception):
    """The pattern is invalid or not supported."""


def compiled(text: str) -> Pattern:
    """Raises UnknownPatternError."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        try:
            test: Test = _PARSER.parse(text[1:-1])  # type: ignore[assignment] # of the transformer
        except UnexpectedInput as error:
            raise UnknownPatternError(text) from error
        return lambda _, document: document is not None and test(document)
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


@v_args(inline=True)
class _JsonPattern(Transformer[Token, Test]):
    def disjunction(self, *tests: Test) -> Test:
        return lambda document: any(test(document) for test in tests)

    def conjunction(self, *tests: Test) -> Test:
        return lambda document: all(test(document) for test in tests)

    def is_constant(self, selector: Token, name: Token) -> Test:
        return lambda document: _value(document, selector) is _CONSTANTS[name.upper()]

    def exists(self, selector: Token) -> Test:
        return lambda document: _value(document, selector) is not _MISSING

    def not_exists(self, selector: Token) -> Test:
        return lambda document: _value(document, selector) is _MISSING

    def comparison(self, selector: Token, name: Token, literal: Token) -> Test:
        expected = json.loads(literal) if literal.type == "QUOTED" else str(literal)

        def test(document: Any) -> bool:
            actual = _value(document, selector)
            if actual is _MISSING or isinstance(actual, (dict, list)):
                return False
            return _compares(actual, name, expected)

        return test


def _compares(actual: Any, name: str, expected: str) -> bool:
    number = _number(expected)
    if isinstance(actual, (int, float)) and not isinstance(actual, bool) and number is not None:
        return _OPERATORS[name](actual, number)
    same = isinstance(actual, str) and matches(expected, actual)
    return same if name == "=" else name == "!=" and not same


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _value(document: Any, selector: str) -> Any:
    position = 1
    while position < len(selector):
        step = _STEP.match(selector, position)
        if step is None:
            return _MISSING
        position = step.end()
        name = step[1] or step[2] or step[3]
        if name is not None and isinstance(document, dict) and name in document:
            document = document[name]
        elif step[4] is not None and isinstance(document, list) and int(step[4]) < len(document):
            document = document[int(step[4])]
        else:
            return _MISSING
    return document


_PARSER = Lark(_GRAMMAR, parser="lalr", transformer=_JsonPattern())
