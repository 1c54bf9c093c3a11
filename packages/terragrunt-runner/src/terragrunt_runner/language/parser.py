"""The HCL parser.

``parse`` reads a whole file; ``parse_expression_text`` and ``parse_template_text`` read a single
expression and a template file. python-hcl2 parses the masked source from ``scanner.py``. This
module and ``expression_builder.py`` convert its tree to nodes. They refuse what its grammar accepts
and HCL does not: two attributes on one line, a line end before an operator.

Every error is a ConfigurationError with file and line.
"""

from __future__ import annotations

import re
from pathlib import Path

import hcl2
from lark import Tree
from lark.exceptions import LarkError, UnexpectedInput

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.expression_builder import (
    ExpressionBuilder,
    Node,
    is_line_end,
    rules,
    word,
)
from terragrunt_runner.language.scanner import TemplateSpan, scan_body, scan_expression
from terragrunt_runner.language.syntax_tree import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    Source,
)
from terragrunt_runner.language.templates import parse_template

_NOT_TEXT = (
    (re.compile("\0"), "a NUL byte: this is not a text file"),
    (re.compile(r"\r(?!\n)"), "a carriage return that does not end a line"),
)
_PREFIX = "_="  # the grammar's start is a body, so a lone expression is parsed as an attribute


def parse(content: bytes | str, file: Path) -> Body:
    """Parse a whole file."""
    text = decode(content, file) if isinstance(content, bytes) else content
    source = Source(text.removeprefix("\ufeff"), file)
    for unexpected, message in _NOT_TEXT:
        found = unexpected.search(source.text)
        if found:
            raise source.error(message, found.start())
    try:
        masked = scan_body(source)
        builder = _BodyBuilder(source, masked, 0, _parse_expression, 0)
        return builder.body(_parse_body(source, masked.text, 0), one_line=False)
    except RecursionError:
        raise ConfigurationError("nested too deeply", file=file) from None


def decode(content: bytes, file: Path) -> str:
    """Decode UTF-8, without a byte order mark.

    Raises ConfigurationError with the line of the first byte that is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError("the file is not UTF-8 text", file=file, line=line) from None


def parse_expression_text(text: str, file: Path) -> Expression:
    """Parse a text that is one expression."""
    try:
        return _parse_expression(Source(text, file), 0, len(text), 0)
    except RecursionError:
        raise ConfigurationError("nested too deeply", file=file) from None


def parse_template_text(text: str, file: Path) -> Expression:
    """Parse a text that is a template, such as a file of ``templatefile``."""
    span = TemplateSpan(0, len(text), heredoc=True, flush=False)
    try:
        return parse_template(Source(text, file), span, _parse_expression)
    except RecursionError:
        raise ConfigurationError("nested too deeply", file=file) from None


def _parse_expression(source: Source, start: int, end: int, depth: int) -> Expression:
    masked = scan_expression(source, start, end, depth)
    if not source.text[start:end].strip():
        raise source.error("an expression is missing", start)
    if masked.end < end:
        raise source.error("'}' closes nothing", masked.end)
    shift = start - len(_PREFIX)
    attributes = list(rules(_parse_body(source, _PREFIX + masked.text, shift)))
    if len(attributes) != 1 or attributes[0].data != "attribute":
        raise source.error("more than one expression", start)
    builder = ExpressionBuilder(source, masked, shift, _parse_expression, depth)
    return builder.build(attributes[0].children[-1])


def _parse_body(source: Source, text: str, shift: int) -> Node:
    """``shift`` is added to a position in ``text`` to get the offset in the source."""
    try:
        return hcl2.parses_to_tree(text.removesuffix("\n")).children[0]  # it adds a line end
    except UnexpectedInput as error:
        position: int | None = error.pos_in_stream
        raise _unexpected(source, text, -1 if position is None else position, shift) from None
    except LarkError as error:
        raise ConfigurationError(f"not HCL: {error}", file=source.file) from None


def _unexpected(source: Source, text: str, position: int, shift: int) -> ConfigurationError:
    if position < 0 or position >= len(text):
        end = len(text.rstrip()) + shift
        return source.error("the text ends in the middle of an expression", end)
    offset = position + shift
    if text[position] in "\r\n":
        return source.error("the line ends in the middle of an expression or block header", offset)
    found = source.text[offset:].split(maxsplit=1)[0]
    return source.error(f"unexpected {found if len(found) <= 30 else found[:30] + '…'!r}", offset)


class _BodyBuilder(ExpressionBuilder):
    def body(self, tree: Node, *, one_line: bool) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for node in rules(tree):
            offset = self.offset(node)
            first = not attributes and not blocks
            if not one_line and self.character_before(node) not in ("", "\n"):
                raise self.source.error("a new line is missing before this", offset)
            if one_line and not (first and node.data == "attribute"):
                raise self.source.error("a block on one line can hold only one attribute", offset)
            if node.data == "block":
                blocks.append(self.block(node))
                continue
            name, line = word(node.children[0]), self.source.line(offset)
            if name in attributes:
                earlier = attributes[name].line
                raise self.source.error(f"'{name}' is already set on line {earlier}", offset)
            expression = self.build(node.children[-1])
            attributes[name] = Attribute(name, expression, self.source.file, line)
        return Body(attributes, tuple(blocks))

    def block(self, tree: Node) -> Block:
        *header, opening, content, closing = tree.children
        for node in filter(is_line_end, header):
            raise self.source.error("'{' must stand on the same line", self.offset(node))
        block_type, *labels = map(self.label, header)
        first = next(rules(content), None)
        one_line = first is not None and self.character_before(first) == "{"
        if first is not None and one_line == self.after_line_end(closing):
            raise self.source.error(
                "a block is on one line, or its closing brace is on a separate line",
                self.offset(opening if one_line else closing),
            )
        body = self.body(content, one_line=one_line)
        line = self.source.line(self.offset(tree))
        return Block(block_type, tuple(labels), body, self.source.file, line)

    def label(self, node: Node) -> str:
        if not isinstance(node, Tree) or node.data != "string":
            return word(node)
        label = self.template(self.offset(node))
        if not isinstance(label, Literal) or not isinstance(label.value, str):
            raise self.source.error(
                "a block label cannot contain an interpolation", self.offset(node)
            )
        return label.value
