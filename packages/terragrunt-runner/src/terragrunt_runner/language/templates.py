"""Templates: the content of quoted strings, heredocs and template files.

Three steps, as in HCL: split the text into literals, interpolations and directives; trim whitespace
(``~``, and the common indentation of ``<<-``); pair the directives. A template that is only one
interpolation is the expression in it, and has its type.

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#templates
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from terragrunt_runner.language.scanner import TemplateSpan, end_of_interpolation
from terragrunt_runner.language.syntax_tree import (
    Conditional,
    Expression,
    For,
    Literal,
    Source,
    Template,
    TemplateFor,
)

# Parses the expression between two offsets, at a depth of nesting.
ParseExpression: TypeAlias = Callable[[Source, int, int, int], Expression]

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_SPECIAL_IN_HEREDOC = re.compile(r"\$\$\{|%%\{|\$\{|%\{|\n")
_SPECIAL_IN_QUOTES = re.compile(
    rf"\\(?:u[0-9a-fA-F]{{4}}|U[0-9a-fA-F]{{8}}|.)?|{_SPECIAL_IN_HEREDOC.pattern}", re.DOTALL
)
_KEYWORD = re.compile(r"\s*(if|else|endif|for|endfor)(?![\w-])")
_DANGLING = re.compile(r"[$%]\s+$")
_FOR = re.compile(r"\s*([^\W\d][\w-]*)(?:\s*,\s*([^\W\d][\w-]*))?\s+in(?![\w-])")


@dataclass(frozen=True, slots=True)
class _Text:
    offset: int
    value: str


@dataclass(frozen=True, slots=True)
class _Sequence:
    """``${...}`` (without a keyword) or ``%{...}``; its content is from ``start`` to ``end``."""

    offset: int
    keyword: str
    start: int
    end: int
    trim_left: bool
    trim_right: bool


_Part: TypeAlias = _Text | _Sequence


def parse_template(
    source: Source, span: TemplateSpan, parse: ParseExpression, depth: int = 0
) -> Expression:
    """Parse a template; ``parse`` parses the expressions in it.

    Raises ConfigurationError for unknown escapes and unpaired directives.
    """
    parts = _trim(source, _split(source, span, depth))
    if span.flush:
        parts = _remove_indentation(parts)
    return _DirectiveParser(source, _join_texts(parts), parse, depth).whole(span.start)


def _split(source: Source, span: TemplateSpan, depth: int) -> list[_Part]:
    special = _SPECIAL_IN_HEREDOC if span.heredoc else _SPECIAL_IN_QUOTES
    parts: list[_Part] = []
    literal: list[str] = []
    position = literal_start = span.start

    def end_literal() -> None:
        text = unicodedata.normalize("NFC", "".join(literal))
        if text:
            parts.append(_Text(literal_start, text))
        literal.clear()

    while match := special.search(source.text, position, span.end):
        literal.append(source.text[position : match.start()])
        position = match.end()
        found = match.group()
        if found.startswith("\\"):
            literal.append(_unescape(source, match.start(), found))
        elif found in ("$${", "%%{"):
            literal.append(found[1:])
        else:
            if found == "\n":
                literal.append(found)
            end_literal()
            if found != "\n":
                sequence = _sequence(source, match.start(), span.end, depth)
                parts.append(sequence)
                position = sequence.end + (2 if sequence.trim_right else 1)
            literal_start = position
    literal.append(source.text[position : span.end])
    end_literal()
    return parts


def _unescape(source: Source, offset: int, escape: str) -> str:
    kind, digits = escape[1:2], escape[2:]
    if kind in _ESCAPES:
        return _ESCAPES[kind]
    if kind not in ("u", "U"):
        raise source.error(
            f"'{escape}' is not an escape that HCL knows",
            offset,
            hint="write '\\\\' for a backslash",
        )
    code = int(digits or "-1", 16)
    if not 0 <= code <= 0x10FFFF:
        raise source.error(
            f"'{escape[:2]}' needs {4 if kind == 'u' else 8} hexadecimal digits", offset
        )
    if 0xD800 <= code <= 0xDFFF:
        raise source.error(f"'{escape}' is half a character", offset)
    return chr(code)


def _sequence(source: Source, opener: int, limit: int, depth: int) -> _Sequence:
    text = source.text
    start = opener + 2
    trim_left = text.startswith("~", start)
    start += trim_left
    end = end_of_interpolation(source, start, limit, depth)
    trim_right = end > start and text[end - 1] == "~"
    end -= trim_right
    keyword = ""
    if text[opener] == "%":
        match = _KEYWORD.match(text, start, end)
        if match is None:
            raise source.error(
                "'%{' must be followed by if, else, endif, for or endfor",
                opener,
                hint="write '%%{' for a literal '%{'",
            )
        keyword, start = match.group(1), match.end()
        if keyword in ("else", "endif", "endfor") and text[start:end].strip():
            raise source.error(f"unexpected text after '{keyword}' in a template directive", start)
    return _Sequence(opener, keyword, start, end, trim_left, trim_right)


def _trim(source: Source, parts: list[_Part]) -> list[_Part]:
    """Apply ``~``, which trims the literal beside it: in a heredoc, one line."""
    trimmed: list[_Part] = []
    for before, part, after in zip([None, *parts], parts, [*parts[1:], None], strict=False):
        if isinstance(part, _Text):
            value = part.value
            if isinstance(before, _Sequence) and before.trim_right:
                value = value.lstrip()
            if isinstance(after, _Sequence) and after.trim_left:
                if _DANGLING.search(value):
                    raise source.error(
                        "space between a lone '$' or '%' and '~', which HCL trims only in part",
                        after.offset,
                    )
                value = value.rstrip()
            trimmed.append(replace(part, value=value))
        else:
            trimmed.append(part)
    return trimmed


def _remove_indentation(parts: list[_Part]) -> list[_Part]:
    """Remove the smallest indentation of all lines that are not blank."""
    line_starts: list[int] = []
    smallest: int | None = None
    at_line_start = True
    for i, part in enumerate(parts):
        if isinstance(part, _Sequence):
            if at_line_start:
                smallest = 0
            at_line_start = False
            continue
        if at_line_start:
            stripped = part.value.lstrip()
            if stripped or not part.value.endswith("\n"):
                indentation = len(part.value) - len(stripped)
                smallest = indentation if smallest is None else min(smallest, indentation)
                line_starts.append(i)
        at_line_start = part.value.endswith("\n")
    flushed = list(parts)
    for i in line_starts:
        part = flushed[i]
        if isinstance(part, _Text):
            flushed[i] = replace(part, value=part.value[smallest or 0 :])
    return flushed


def _join_texts(parts: list[_Part]) -> list[_Part]:
    joined: list[_Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, _Text) and isinstance(last, _Text):
            joined[-1] = replace(last, value=last.value + part.value)
        else:
            joined.append(part)
    return joined


class _DirectiveParser:
    def __init__(
        self, source: Source, parts: list[_Part], parse: ParseExpression, depth: int
    ) -> None:
        self.source = source
        self.parts = parts
        self.parse = parse
        self.depth = depth
        self.position = 0

    def whole(self, offset: int) -> Expression:
        expressions, _ = self.sequence(())
        only = self.parts[0] if len(self.parts) == 1 else None
        if isinstance(only, _Sequence) and not only.keyword:
            return expressions[0]
        if len(expressions) == 1 and isinstance(expressions[0], Literal):
            return expressions[0]
        if not expressions:
            return Literal(self.source, offset, "")
        return Template(self.source, offset, tuple(expressions))

    def sequence(self, ends: tuple[str, ...]) -> tuple[list[Expression], str]:
        """Parse up to one of the directives ``ends``; return the expressions and its keyword."""
        expressions: list[Expression] = []
        while self.position < len(self.parts):
            part = self.parts[self.position]
            self.position += 1
            if isinstance(part, _Text):
                expressions.append(Literal(self.source, part.offset, part.value))
            elif not part.keyword:
                expressions.append(self.expression(part.start, part.end))
            elif part.keyword == "if":
                expressions.append(self.conditional(part))
            elif part.keyword == "for":
                expressions.append(self.loop(part))
            elif part.keyword in ends:
                return expressions, part.keyword
            else:
                raise self.source.error(f"unexpected '%{{ {part.keyword} }}'", part.offset)
        return expressions, ""

    def block(self, opening: _Sequence, *ends: str) -> tuple[Template, str]:
        expressions, keyword = self.sequence(ends)
        if not keyword:
            raise self.source.error(
                f"'%{{ {opening.keyword} }}' without '%{{ {ends[-1]} }}'", opening.offset
            )
        return Template(self.source, opening.offset, tuple(expressions)), keyword

    def expression(self, start: int, end: int) -> Expression:
        return self.parse(self.source, start, end, self.depth + 1)

    def conditional(self, opening: _Sequence) -> Expression:
        condition = self.expression(opening.start, opening.end)
        true, keyword = self.block(opening, "else", "endif")
        false = Template(self.source, opening.offset, ())
        if keyword == "else":
            false, _ = self.block(opening, "endif")
        return Conditional(self.source, opening.offset, condition, true, false)

    def loop(self, opening: _Sequence) -> Expression:
        head = _FOR.match(self.source.text, opening.start, opening.end)
        if head is None:
            raise self.source.error("'%{ for }' needs 'name in collection'", opening.offset)
        first, second = head.groups()
        collection = self.expression(head.end(), opening.end)
        value, _ = self.block(opening, "endfor")
        each = For(
            self.source,
            opening.offset,
            key_name=first if second else None,
            value_name=second or first,
            collection=collection,
            key=None,
            value=value,
            condition=None,
            group=False,
        )
        return TemplateFor(self.source, opening.offset, each)
