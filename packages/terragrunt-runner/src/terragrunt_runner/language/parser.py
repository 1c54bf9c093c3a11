"""From text to nodes.

``parse(text, file)`` gives a ``Body``; ``parse_expression_text`` and ``parse_template_text`` serve
single expressions and template files. python-hcl2's parser reads the skeleton that ``scan.py``
makes; its tree becomes our nodes here, and whatever its grammar accepts and HCL does not (two
attributes on one line, a line end before an operator) is refused here.

Every error is a ConfigurationError with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import hcl2
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.expression_builder import ExpressionBuilder
from terragrunt_runner.language.scanner import Skeleton, TemplateSpan, scan_body, scan_expression
from terragrunt_runner.language.syntax_tree import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    Source,
)
from terragrunt_runner.language.templates import parse_template

if TYPE_CHECKING:
    Node: TypeAlias = Tree[Token] | Token

_NOT_TEXT = (
    (re.compile("\0"), "a NUL byte: this is not a text file"),
    (re.compile(r"\r(?!\n)"), "a carriage return that does not end a line"),
)
_PREFIX = "_="  # the grammar starts with a body, so a lone expression is read as an attribute


def parse(content: bytes | str, file: Path) -> Body:
    """Parse a whole file."""
    text = decode(content, file) if isinstance(content, bytes) else content
    source = Source(text.removeprefix("\ufeff"), file)
    for unexpected, message in _NOT_TEXT:
        found = unexpected.search(source.text)
        if found:
            raise source.error(message, found.start())
    try:
        skeleton = scan_body(source)
        tree = _tree(source, skeleton.text, 0)
        return _BodyBuilder(source, skeleton).body(_single(tree, "body"), one_line=False)
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
    """A text that is one expression."""
    source = Source(text, file)
    try:
        return _expression(source, 0, len(text), 0)
    except RecursionError:
        raise ConfigurationError("nested too deeply", file=file) from None


def parse_template_text(text: str, file: Path) -> Expression:
    """A text that is a template, as ``templatefile`` reads them."""
    source = Source(text, file)
    try:
        return parse_template(source, TemplateSpan(0, len(text), True, False), _expression)
    except RecursionError:
        raise ConfigurationError("nested too deeply", file=file) from None


def _tree(source: Source, text: str, shift: int) -> Tree[Token]:
    """``shift`` is added to a position in ``text`` to get the offset in the source."""
    try:
        return hcl2.parses_to_tree(text.removesuffix("\n"))  # which it adds
    except UnexpectedInput as error:
        position: int | None = error.pos_in_stream
        raise _unexpected(source, text, -1 if position is None else position, shift) from None
    except LarkError as error:
        raise ConfigurationError(f"not HCL: {error}", file=source.file) from None


def _unexpected(source: Source, text: str, position: int, shift: int) -> ConfigurationError:
    """The error for what stands at ``position``, where the grammar knows no way on."""
    if position < 0 or position >= len(text):
        end = len(text.rstrip()) + shift
        return source.error("the text ends in the middle of an expression", end)
    offset = position + shift
    if text[position] in "\r\n":
        return source.error("the line ends in the middle of an expression or block header", offset)
    word = source.text[offset:].split(maxsplit=1)[0]
    return source.error(f"unexpected {word if len(word) <= 30 else word[:30] + '…'!r}", offset)


def _expression(source: Source, start: int, end: int, depth: int) -> Expression:
    skeleton = scan_expression(source, start, end, depth)
    if not source.text[start:end].strip():
        raise source.error("an expression is missing", start)
    if skeleton.end < end:
        raise source.error("'}' closes nothing", skeleton.end)
    shift = start - len(_PREFIX)
    tree = _tree(source, _PREFIX + skeleton.text, shift)
    attributes = list(_items(_single(tree, "body")))
    if len(attributes) != 1 or attributes[0].data != "attribute":
        raise source.error("more than one expression", start)
    value = attributes[0].children[-1]
    return ExpressionBuilder(source, skeleton, shift, _expression, depth).build(value)


def _single(tree: Tree[Token], data: str) -> Tree[Token]:
    child = tree.children[0]
    if not isinstance(child, Tree) or child.data != data:
        raise AssertionError(f"python-hcl2's tree has no {data}")
    return child


class _BodyBuilder:
    def __init__(self, source: Source, skeleton: Skeleton) -> None:
        self.source = source
        self.skeleton = skeleton
        self.expressions = ExpressionBuilder(source, skeleton, 0, _expression, 0)

    def body(self, tree: Tree[Token], *, one_line: bool) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for node in _items(tree):
            offset = node.meta.start_pos
            first = not attributes and not blocks
            if not one_line and self.expressions.character_before(node) not in ("", "\n"):
                raise self.source.error("a new line is missing before this", offset)
            if one_line and not (first and node.data == "attribute"):
                raise self.source.error("a block on one line can hold only one attribute", offset)
            if node.data == "block":
                blocks.append(self.block(node))
                continue
            attribute = self.attribute(node)
            earlier = attributes.setdefault(attribute.name, attribute)
            if earlier is not attribute:
                raise self.source.error(
                    f"'{attribute.name}' is already set on line {earlier.line}", offset
                )
        return Body(attributes, tuple(blocks))

    def attribute(self, tree: Tree[Token]) -> Attribute:
        name, _, value = tree.children
        line = self.source.line(tree.meta.start_pos)
        return Attribute(_word(name), self.expressions.build(value), self.source.file, line)

    def block(self, tree: Tree[Token]) -> Block:
        names: list[str] = []
        *header, opening, content, closing = tree.children
        for node in header:
            if isinstance(node, Tree) and node.data == "new_line_or_comment":
                raise self.source.error(
                    "'{' must stand on the same line", self.expressions.offset(node)
                )
            label = isinstance(node, Tree) and node.data == "string"
            names.append(self.label(node) if label else _word(node))
        assert isinstance(content, Tree)  # noqa: S101 - the grammar says so
        first = next(_items(content), None)
        one_line = first is not None and self.expressions.character_before(first) == "{"
        if first is not None and one_line == self.expressions.after_line_end(closing):
            raise self.source.error(
                "both braces of a block stand on one line, or the closing one on a line of its own",
                self.expressions.offset(opening if one_line else closing),
            )
        line = self.source.line(self.expressions.offset(tree))
        body = self.body(content, one_line=one_line)
        return Block(names[0], tuple(names[1:]), body, self.source.file, line)

    def label(self, node: Node) -> str:
        offset = self.expressions.offset(node)
        expression = self.expressions.template(offset)
        if not isinstance(expression, Literal) or not isinstance(expression.value, str):
            raise self.source.error("a block label cannot contain an interpolation", offset)
        return expression.value


def _word(node: Node) -> str:
    """The name in an ``identifier``, ``keyword`` or ``literal_value``."""
    return str(node.children[0]) if isinstance(node, Tree) else str(node)


def _items(body: Tree[Token]) -> Iterator[Tree[Token]]:
    """The attributes and blocks of a body, without the line ends."""
    for node in body.children:
        if isinstance(node, Tree) and node.data != "new_line_or_comment":
            yield node
