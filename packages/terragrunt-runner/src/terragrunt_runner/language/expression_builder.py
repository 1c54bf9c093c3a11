"""Expressions from python-hcl2's parse tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

from lark import Token, Tree

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language import syntax_tree
from terragrunt_runner.language.numbers import parse_number
from terragrunt_runner.language.scanner import MaskedSource
from terragrunt_runner.language.syntax_tree import Expression, Source
from terragrunt_runner.language.templates import ParseExpression, parse_template

Node: TypeAlias = Any  # a Tree or a Token of lark; the grammar says which

_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}
_FOR = re.compile(r"for(?![\w-])")
_LINE_END = "the line ends in the middle of an expression"
_LINE_END_HINT = "put the expression in parentheses to spread it over lines"


class ExpressionBuilder:
    """Builds expressions; ``shift`` is added to a tree position to get the offset in the source.

    ``build`` calls the method that has the name of the grammar's rule.
    """

    def __init__(
        self, source: Source, masked: MaskedSource, shift: int, parse: ParseExpression, depth: int
    ) -> None:
        self.source = source
        self.masked = masked
        self.shift = shift
        self.parse = parse
        self.depth = depth

    def build(self, node: Node) -> Expression:
        """Raises ConfigurationError for what the grammar accepts and HCL does not."""
        method = getattr(self, f"_{node.data}", None)
        if method is None:
            raise self.source.error(f"'{node.data}' is not supported here", self.offset(node))
        expression: Expression = method(node)
        return expression

    def offset(self, node: Node) -> int:
        start = node.meta.start_pos if isinstance(node, Tree) else node.start_pos
        return (start or 0) + self.shift

    def at(self, node: Node) -> tuple[Source, int]:
        """Return the first two arguments of an expression."""
        return self.source, self.offset(node)

    def template(self, offset: int) -> Expression:
        """Return the template whose opening quote or ``<<`` is at ``offset``."""
        span = self.masked.templates[offset]
        return parse_template(self.source, span, self.parse, self.depth)

    def character_before(self, node: Node) -> str:
        """Return the last character before the node that is code or a significant line end."""
        position = self.offset(node) - self.masked.start
        return self.masked.text[:position].rstrip(" \t\r")[-1:]

    def after_line_end(self, node: Node) -> bool:
        return self.character_before(node) == "\n"

    def _expr_term(self, tree: Node) -> Expression:
        parts = list(_significant(tree))
        if len(parts) == 3:
            return syntax_tree.Parentheses(*self.at(tree), self.build(parts[1]))
        return self.build(parts[0])

    def _int_lit(self, tree: Node) -> Expression:
        return self._number(str(tree.children[0]), self.offset(tree))

    _float_lit = _int_lit

    def _number(self, text: str, offset: int) -> Expression:
        try:
            value = parse_number(text)
        except OverflowError:
            raise self.source.error(f"the number {text} is too large", offset) from None
        return syntax_tree.Literal(self.source, offset, value)

    def _literal_value(self, tree: Node) -> Expression:
        return syntax_tree.Literal(*self.at(tree), _LITERALS[word(tree)])

    def _identifier(self, tree: Node) -> Expression:
        return syntax_tree.Variable(*self.at(tree), word(tree))

    def _string(self, tree: Node) -> Expression:
        offset = self.offset(tree)
        if offset in self.masked.numbers:
            return self._number(self.masked.numbers[offset], offset)
        return self.template(offset)

    def _unary_op(self, tree: Node) -> Expression:
        sign, operand = tree.children
        result = self.build(operand)
        for symbol in (str(sign), *reversed(self.masked.signs.get(self.offset(tree), ""))):
            result = syntax_tree.Unary(*self.at(tree), symbol, result)
        return result

    def _binary_op(self, tree: Node) -> Expression:
        # A loop instead of recursion: chains of operators can be long.
        operations: list[Node] = []
        left: Node = tree
        while isinstance(left, Tree) and left.data == "binary_op":
            operations.append(left)
            left = left.children[0]
        result = self.build(left)
        for operation in reversed(operations):
            term = operation.children[1]
            operator = next(rules(term)).children[0]
            split = "\n" in str(operator) or any(map(is_line_end, term.children))
            if split or self.after_line_end(operator):
                raise self._line_end_error(operator)
            right = self.build(term.children[-1])
            result = syntax_tree.Binary(*self.at(tree), str(operator).strip(), result, right)
        return result

    def _conditional(self, tree: Node) -> Expression:
        parts = list(_significant(tree))
        condition, question, true, colon, false = parts
        if len(parts) < len(tree.children) or "\n" in str(question) or self.after_line_end(colon):
            raise self._line_end_error(question)
        return syntax_tree.Conditional(*self.at(tree), *map(self.build, (condition, true, false)))

    def _tuple(self, tree: Node) -> Expression:
        return syntax_tree.TupleConstructor(*self.at(tree), tuple(map(self.build, rules(tree))))

    def _object(self, tree: Node) -> Expression:
        items: list[tuple[Expression, Expression]] = []
        for child in _significant(tree, 1, -1):
            offset = self.offset(child)
            if not isinstance(child, Tree):
                if self.after_line_end(child):
                    raise self.source.error("unexpected ',' at the start of a line", offset)
                continue
            if not items and _FOR.match(self.source.text, offset):
                raise self.source.error("'for' needs 'name in collection :'", offset)
            if self.character_before(child) not in "{,\n":
                raise self.source.error("a comma or new line is missing before this", offset)
            key, _, value = child.children
            items.append((self._object_key(key), self.build(value)))
        return syntax_tree.ObjectConstructor(*self.at(tree), tuple(items))

    def _object_key(self, tree: Node) -> Expression:
        (inner,) = name = tree.children
        if isinstance(inner, Tree) and inner.data == "expr_term":
            name = inner.children
        if len(name) == 1 and isinstance(name[0], Tree) and name[0].data in _NAMES:
            return syntax_tree.Literal(*self.at(tree), word(name[0]))
        return self.build(inner)

    def _function_call(self, tree: Node) -> Expression:
        name = "::".join(word(child) for child in rules(tree) if child.data == "identifier")
        arguments: tuple[Expression, ...] = ()
        expand = False
        for child in rules(tree):
            if child.data == "arguments":
                arguments = tuple(map(self.build, rules(child)))
                expand = _is_ellipsis(child.children[-1])
        return syntax_tree.Call(*self.at(tree), name, arguments, expand)

    def _get_attr_expr_term(self, tree: Node) -> Expression:
        # A loop instead of recursion: chains of attributes can be long.
        steps: list[Node] = []
        base: Node = tree
        while isinstance(base, Tree):
            if base.data in ("get_attr_expr_term", "index_expr_term"):
                steps.extend(list(rules(base))[1:])
                base = base.children[0]
            elif base.data == "expr_term" and len(base.children) == 1:
                base = base.children[0]
            else:
                break
        steps.reverse()
        for first, second in pairwise(steps):
            if first.data == second.data == "short_index":
                raise self.source.error("write [0][1] instead of .0.1", self.offset(second))
        result = self.build(base)
        for step in steps:
            result = self._step(result, step)
        return result

    _index_expr_term = _get_attr_expr_term

    def _step(self, target: Expression, tree: Node) -> Expression:
        if tree.data == "get_attr":
            name = word(tree.children[1])
            return syntax_tree.GetAttribute(self.source, target.offset, target, name)
        if tree.data == "short_index":
            key = self._number(str(tree.children[1]), self.offset(tree))
        else:
            key = self.build(next(rules(tree)))
        return syntax_tree.Index(self.source, target.offset, target, key)

    def _full_splat_expr_term(self, tree: Node) -> Expression:
        target = self.build(tree.children[0])
        _, splat = rules(tree)
        at = (self.source, target.offset)
        item = syntax_tree.SplatItem(*at)
        each: Expression = item
        steps = list(rules(splat))
        # After ".*" an index in brackets applies to the whole result, after "[*]" to each element.
        count = len(steps)
        if splat.data == "attr_splat":
            count = next((i for i, s in enumerate(steps) if s.data == "braces_index"), count)
        for step in steps[:count]:
            each = self._step(each, step)
        result: Expression = syntax_tree.Splat(*at, target, item, each)
        for step in steps[count:]:
            result = self._step(result, step)
        return result

    _attr_splat_expr_term = _full_splat_expr_term

    def _for_tuple_expr(self, tree: Node) -> Expression:
        introduction, *parts = rules(tree)
        *names, collection = rules(introduction)
        condition = None
        if parts[-1].data == "for_cond":
            condition = self.build(parts.pop().children[-1])
        results = [self.build(part) for part in parts]
        return syntax_tree.For(
            *self.at(tree),
            key_name=word(names[0]) if len(names) > 1 else None,
            value_name=word(names[-1]),
            collection=self.build(collection),
            key=results[0] if len(results) > 1 else None,
            value=results[-1],
            condition=condition,
            group=any(map(_is_ellipsis, tree.children)),
        )

    _for_object_expr = _for_tuple_expr

    def _line_end_error(self, node: Node) -> ConfigurationError:
        return self.source.error(_LINE_END, self.offset(node), hint=_LINE_END_HINT)


_NAMES = ("identifier", "keyword", "literal_value")


def word(node: Node) -> str:
    """Return the name in an ``identifier``, ``keyword`` or ``literal_value``."""
    return str(node.children[0]) if isinstance(node, Tree) else str(node)


def is_line_end(node: Node) -> bool:
    return isinstance(node, Tree) and node.data == "new_line_or_comment"


def _is_ellipsis(node: Node) -> bool:
    return isinstance(node, Token) and node.type == "ELLIPSIS"


def _significant(tree: Node, start: int = 0, end: int | None = None) -> Iterator[Node]:
    """Yield the children that are not line ends."""
    return (child for child in tree.children[start:end] if not is_line_end(child))


def rules(tree: Node) -> Iterator[Node]:
    """Yield the children that are rules of the grammar and not line ends."""
    return (child for child in _significant(tree) if isinstance(child, Tree))
