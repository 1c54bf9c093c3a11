"""Templates: the content of quoted strings, heredocs and template files.

Three steps, as HCL has them: the text becomes a flat list of literals, interpolations and
directives; whitespace is trimmed (``~``, and the common indentation of ``<<-``); directives are
paired. A template that is nothing but one interpolation is that expression, with its type.

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

ParseExpression: TypeAlias = Callable[[Source, int, int, int], Expression]

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_KEYWORD = re.compile(r"\s*(if|else|endif|for|endfor)(?![\w-])")
_DANGLING = re.compile(r"[$%]\s+$")
_FOR = re.compile(r"\s*([^\W\d][\w-]*)(?:\s*,\s*([^\W\d][\w-]*))?\s+in(?![\w-])")


@dataclass(frozen=True, slots=True)
class _Text:
    offset: int
    value: str


@dataclass(frozen=True, slots=True)
class _Sequence:
    """``${...}`` (no keyword) or ``%{...}``, content between ``start`` and ``end``."""

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
    """The expression that the template in ``span`` means; ``parse`` reads what is in ``${}``.

    Raises ConfigurationError for unknown escapes and directives that do not pair.
    """
    parts = _trim(source, _split(source, span, depth))
    if span.flush:
        parts = _flush(parts)
    return _Pairing(source, _meld(parts), parse, depth).whole(span.start)


def unescape(source: Source, start: int, end: int) -> str:
    """The text of a quoted literal with ``\\n`` and the like replaced."""
    text, output, position = source.text, [], start
    while True:
        backslash = text.find("\\", position, end)
        if backslash < 0:
            output.append(text[position:end])
            return "".join(output)
        output.append(text[position:backslash])
        kind = text[backslash + 1 : backslash + 2]
        position = backslash + 2
        if kind in _ESCAPES:
            output.append(_ESCAPES[kind])
        elif kind in ("u", "U"):
            width = 4 if kind == "u" else 8
            digits = text[position : min(position + width, end)]
            if not re.fullmatch(rf"[0-9a-fA-F]{{{width}}}", digits) or int(digits, 16) > 0x10FFFF:
                raise source.error(f"'\\{kind}' needs {width} hexadecimal digits", backslash)
            code = int(digits, 16)
            if 0xD800 <= code <= 0xDFFF:
                raise source.error(f"'\\{kind}{digits}' is half a character", backslash)
            output.append(chr(code))
            position += width
        else:
            raise source.error(
                f"'\\{kind}' is not an escape that HCL knows",
                backslash,
                hint="write '\\\\' for a backslash",
            )


def _split(source: Source, span: TemplateSpan, depth: int) -> list[_Part]:
    text, end = source.text, span.end
    parts: list[_Part] = []
    literal: list[str] = []
    position = literal_start = raw_start = span.start

    def flush_raw(to: int) -> None:
        if to > raw_start:
            raw = text[raw_start:to] if span.heredoc else unescape(source, raw_start, to)
            literal.append(raw)

    def flush_literal() -> None:
        if literal:
            value = unicodedata.normalize("NFC", "".join(literal))
            parts.append(_Text(literal_start, value))
            literal.clear()

    while position < end:
        if text[position] == "\\" and not span.heredoc:
            position += 2
        elif text.startswith(("$${", "%%{"), position) and position + 3 <= end:
            flush_raw(position)
            literal.append(text[position + 1 : position + 3])
            position = raw_start = position + 3
        elif text.startswith(("${", "%{"), position) and position + 2 <= end:
            flush_raw(position)
            flush_literal()
            sequence = _sequence(source, position, end, depth)
            parts.append(sequence)
            position = literal_start = raw_start = sequence.end + (2 if sequence.trim_right else 1)
        elif text[position] == "\n":
            position += 1
            flush_raw(position)
            flush_literal()
            raw_start = literal_start = position
        else:
            position += 1
    flush_raw(end)
    flush_literal()
    return parts


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
    """``~`` trims all whitespace of the literal beside it, which in a heredoc is one line."""
    trimmed: list[_Part] = []
    for i, part in enumerate(parts):
        if isinstance(part, _Text):
            value = part.value
            before = parts[i - 1] if i else None
            after = parts[i + 1] if i + 1 < len(parts) else None
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


def _flush(parts: list[_Part]) -> list[_Part]:
    """Removes the smallest indentation of any line that is not blank from all of them."""
    leading: list[int] = []
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
                leading.append(i)
        at_line_start = part.value.endswith("\n")
    flushed = list(parts)
    for i in leading:
        part = flushed[i]
        if isinstance(part, _Text):
            flushed[i] = replace(part, value=part.value[smallest or 0 :])
    return flushed


def _meld(parts: list[_Part]) -> list[_Part]:
    melded: list[_Part] = []
    for part in parts:
        last = melded[-1] if melded else None
        if isinstance(part, _Text) and isinstance(last, _Text):
            melded[-1] = replace(last, value=last.value + part.value)
        else:
            melded.append(part)
    return melded


class _Pairing:
    def __init__(
        self, source: Source, parts: list[_Part], parse: ParseExpression, depth: int
    ) -> None:
        self.source = source
        self.parts = parts
        self.parse = parse
        self.depth = depth
        self.position = 0

    def whole(self, offset: int) -> Expression:
        expressions, stop = self.sequence(())
        if stop is not None:
            raise self.source.error(f"'%{{ {stop.keyword} }}' without its opening", stop.offset)
        only = self.parts[0] if len(self.parts) == 1 else None
        if isinstance(only, _Sequence) and not only.keyword:
            return expressions[0]
        if len(expressions) == 1 and isinstance(expressions[0], Literal):
            return expressions[0]
        if not expressions:
            return Literal(source=self.source, offset=offset, value="")
        return Template(source=self.source, offset=offset, parts=tuple(expressions))

    def sequence(self, ends: tuple[str, ...]) -> tuple[list[Expression], _Sequence | None]:
        """The expressions up to one of the directives ``ends``, and that directive."""
        expressions: list[Expression] = []
        while self.position < len(self.parts):
            part = self.parts[self.position]
            self.position += 1
            if isinstance(part, _Text):
                literal = Literal(source=self.source, offset=part.offset, value=part.value)
                expressions.append(literal)
            elif not part.keyword:
                expressions.append(self.expression(part.start, part.end))
            elif part.keyword == "if":
                expressions.append(self.conditional(part))
            elif part.keyword == "for":
                expressions.append(self.loop(part))
            elif part.keyword in ends:
                return expressions, part
            else:
                raise self.source.error(f"unexpected '%{{ {part.keyword} }}'", part.offset)
        return expressions, None

    def expression(self, start: int, end: int) -> Expression:
        return self.parse(self.source, start, end, self.depth + 1)

    def template(self, offset: int, parts: list[Expression]) -> Expression:
        return Template(source=self.source, offset=offset, parts=tuple(parts))

    def conditional(self, opening: _Sequence) -> Expression:
        condition = self.expression(opening.start, opening.end)
        true, stop = self.sequence(("else", "endif"))
        false: list[Expression] = []
        if stop is not None and stop.keyword == "else":
            false, stop = self.sequence(("endif",))
        if stop is None:
            raise self.source.error("'%{ if }' without '%{ endif }'", opening.offset)
        return Conditional(
            source=self.source,
            offset=opening.offset,
            condition=condition,
            true=self.template(opening.offset, true),
            false=self.template(opening.offset, false),
        )

    def loop(self, opening: _Sequence) -> Expression:
        head = _FOR.match(self.source.text, opening.start, opening.end)
        if head is None:
            raise self.source.error("'%{ for }' needs 'name in collection'", opening.offset)
        first, second = head.groups()
        collection = self.expression(head.end(), opening.end)
        content, stop = self.sequence(("endfor",))
        if stop is None:
            raise self.source.error("'%{ for }' without '%{ endfor }'", opening.offset)
        each = For(
            source=self.source,
            offset=opening.offset,
            key_name=first if second else None,
            value_name=second or first,
            collection=collection,
            key=None,
            value=self.template(opening.offset, content),
            condition=None,
            group=False,
        )
        return TemplateFor(source=self.source, offset=opening.offset, each=each)
