"""From python-hcl2's tree of an expression to our nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language import syntax_tree as nodes
from terragrunt_runner.language.numbers import parse_number
from terragrunt_runner.language.scanner import Skeleton
from terragrunt_runner.language.syntax_tree import Expression, Source
from terragrunt_runner.language.templates import ParseExpression, parse_template

if TYPE_CHECKING:
    from lark import Token, Tree

    Node: TypeAlias = Tree[Token] | Token

_LITERALS: dict[str, object] = {"true": True, "false": False, "null": None}
_FOR = re.compile(r"for(?![\w-])")
_LINE_END = "the line ends in the middle of an expression"
_LINE_END_HINT = "put the expression in parentheses to spread it over lines"


class ExpressionBuilder:
    """Builds nodes; ``shift`` is added to a tree position to get the offset in the source."""

    def __init__(
        self,
        source: Source,
        skeleton: Skeleton,
        shift: int,
        parse: ParseExpression,
        depth: int,
    ) -> None:
        self.source = source
        self.skeleton = skeleton
        self.shift = shift
        self.parse = parse
        self.depth = depth

    def build(self, node: Node) -> Expression:
        """Raises ConfigurationError for what the grammar accepts and HCL does not."""
        tree = _tree(node)
        handler = _HANDLERS.get(tree.data)
        if handler is None:
            raise self.source.error(f"'{tree.data}' is not supported here", self.offset(tree))
        return handler(self, tree)

    def offset(self, node: Node) -> int:
        if _is_tree(node):
            return int(_tree(node).meta.start_pos) + self.shift
        return int(node.start_pos or 0) + self.shift  # type: ignore[union-attr]

    def template(self, offset: int) -> Expression:
        """The template whose opening quote or ``<<`` is at ``offset``."""
        span = self.skeleton.templates[offset]
        return parse_template(self.source, span, self.parse, self.depth)

    def term(self, tree: Tree[Token]) -> Expression:
        parts = [child for child in tree.children if not _is_line_end(child)]
        offset = self.offset(tree)
        if len(parts) == 3:
            inner = self.build(parts[1])
            return nodes.Parentheses(source=self.source, offset=offset, inner=inner)
        return self.build(parts[0])

    def number(self, tree: Tree[Token]) -> Expression:
        return self.number_literal(str(tree.children[0]), self.offset(tree))

    def number_literal(self, text: str, offset: int) -> Expression:
        try:
            value = parse_number(text)
        except OverflowError:
            raise self.source.error(f"the number {text} is too large", offset) from None
        return nodes.Literal(source=self.source, offset=offset, value=value)

    def literal(self, tree: Tree[Token]) -> Expression:
        value = _LITERALS[str(tree.children[0])]
        return nodes.Literal(source=self.source, offset=self.offset(tree), value=value)

    def variable(self, tree: Tree[Token]) -> Expression:
        name = str(tree.children[0])
        return nodes.Variable(source=self.source, offset=self.offset(tree), name=name)

    def string(self, tree: Tree[Token]) -> Expression:
        offset = self.offset(tree)
        if offset in self.skeleton.numbers:
            return self.number_literal(self.skeleton.numbers[offset], offset)
        return self.template(offset)

    def unary(self, tree: Tree[Token]) -> Expression:
        sign, operand = tree.children
        offset = self.offset(tree)
        result = self.build(operand)
        for symbol in (str(sign), *reversed(self.skeleton.signs.get(offset, ""))):
            result = nodes.Unary(source=self.source, offset=offset, operator=symbol, operand=result)
        return result

    def binary(self, tree: Tree[Token]) -> Expression:
        pending: list[Tree[Token]] = []
        left: Node = tree
        while _is_tree(left) and _tree(left).data == "binary_op":
            pending.append(_tree(left))
            left = _tree(left).children[0]
        result = self.build(left)
        for operation in reversed(pending):
            term = _tree(operation.children[1])
            operator = _tree(term.children[0]).children[0]
            split = "\n" in str(operator) or any(map(_is_line_end, term.children))
            if split or self.after_line_end(operator):
                raise self.line_end_error(operator)
            result = nodes.Binary(
                source=self.source,
                offset=self.offset(tree),
                operator=str(operator).strip(),
                left=result,
                right=self.build(term.children[-1]),
            )
        return result

    def conditional(self, tree: Tree[Token]) -> Expression:
        parts = [child for child in tree.children if not _is_line_end(child)]
        condition, question, true, colon, false = parts
        if len(parts) < len(tree.children) or "\n" in str(question) or self.after_line_end(colon):
            raise self.line_end_error(question)
        return nodes.Conditional(
            source=self.source,
            offset=self.offset(tree),
            condition=self.build(condition),
            true=self.build(true),
            false=self.build(false),
        )

    def tuple(self, tree: Tree[Token]) -> Expression:
        items = tuple(self.build(child) for child in tree.children if _is_tree(child))
        return nodes.TupleConstructor(source=self.source, offset=self.offset(tree), items=items)

    def object(self, tree: Tree[Token]) -> Expression:
        items: list[tuple[Expression, Expression]] = []
        for child in tree.children[1:-1]:
            if _is_line_end(child):
                continue
            if not _is_tree(child):
                if self.after_line_end(child):
                    raise self.source.error(
                        "unexpected ',' at the start of a line", self.offset(child)
                    )
                continue
            if not items and _FOR.match(self.source.text, self.offset(child)):
                raise self.source.error("'for' needs 'name in collection :'", self.offset(child))
            if self.character_before(child) not in "{,\n":
                raise self.source.error(
                    "a comma or new line is missing before this", self.offset(child)
                )
            key, _, value = _tree(child).children
            items.append((self.object_key(_tree(key)), self.build(value)))
        return nodes.ObjectConstructor(
            source=self.source, offset=self.offset(tree), items=tuple(items)
        )

    def object_key(self, tree: Tree[Token]) -> Expression:
        inner = _tree(tree.children[0])
        offset = self.offset(tree)
        name = inner
        if inner.data == "expr_term" and len(inner.children) == 1 and _is_tree(inner.children[0]):
            name = _tree(inner.children[0])
        if name.data in ("identifier", "keyword", "literal_value"):
            return nodes.Literal(source=self.source, offset=offset, value=str(name.children[0]))
        return self.build(inner)

    def call(self, tree: Tree[Token]) -> Expression:
        offset = self.offset(tree)
        name = "".join(
            str(_tree(c).children[0]) if _is_name(c) else "::"
            for c in tree.children
            if _is_name(c) or getattr(c, "type", "") == "COLONS"
        )
        arguments: tuple[Expression, ...] = ()
        expand = False
        for child in tree.children:
            if _is_tree(child) and _tree(child).data == "arguments":
                given = _tree(child).children
                arguments = tuple(
                    self.build(item) for item in given if _is_tree(item) and not _is_line_end(item)
                )
                expand = getattr(given[-1], "type", "") == "ELLIPSIS"
        return nodes.Call(
            source=self.source,
            offset=offset,
            name=name,
            arguments=arguments,
            expand=expand,
        )

    def access(self, tree: Tree[Token]) -> Expression:
        """``a.b`` and ``a[b]``, of which chains can be long: no recursion."""
        steps: list[Tree[Token]] = []
        base: Tree[Token] = tree
        while True:
            if base.data in ("get_attr_expr_term", "index_expr_term"):
                steps.append(_tree(base.children[1]))
                base = _tree(base.children[0])
            elif (
                base.data == "expr_term"
                and len(base.children) == 1
                and (
                    _is_tree(base.children[0])
                    and _tree(base.children[0]).data in ("get_attr_expr_term", "index_expr_term")
                )
            ):
                base = _tree(base.children[0])
            else:
                break
        result = self.build(base)
        kinds = [step.data for step in reversed(steps)]
        if ("short_index", "short_index") in pairwise(kinds):
            raise self.source.error("write [0][1] instead of .0.1", self.offset(steps[0]))
        for step in reversed(steps):
            result = self.step(result, step)
        return result

    def step(self, target: Expression, tree: Tree[Token]) -> Expression:
        offset = target.offset
        if tree.data == "get_attr":
            name = str(_tree(tree.children[1]).children[0])
            return nodes.GetAttribute(source=self.source, offset=offset, object=target, name=name)
        if tree.data == "short_index":
            key = self.number_literal(str(tree.children[1]), self.offset(tree))
        else:
            key = self.build(next(child for child in tree.children if _is_tree(child)))
        return nodes.Index(source=self.source, offset=offset, object=target, key=key)

    def splat(self, tree: Tree[Token]) -> Expression:
        target = self.build(tree.children[0])
        splat = _tree(tree.children[1])
        offset = target.offset
        item = nodes.SplatItem(source=self.source, offset=offset)
        each: Expression = item
        steps = [_tree(child) for child in splat.children[1:]]
        # After ".*" an index in brackets applies to the whole result, after "[*]" to each element.
        own = len(steps)
        if splat.data == "attr_splat":
            own = next((i for i, s in enumerate(steps) if s.data == "braces_index"), own)
        for step in steps[:own]:
            each = self.step(each, step)
        result: Expression = nodes.Splat(
            source=self.source, offset=offset, object=target, item=item, each=each
        )
        for step in steps[own:]:
            result = self.step(result, step)
        return result

    def for_expression(self, tree: Tree[Token]) -> Expression:
        children = [child for child in tree.children if not _is_line_end(child)]
        intro = [child for child in _tree(children[1]).children if not _is_line_end(child)]
        names = [str(_tree(child).children[0]) for child in intro if _is_name(child)]
        collection = next(child for child in reversed(intro) if _is_tree(child))
        parts = [_tree(child) for child in children[2:] if _is_tree(child)]
        condition = None
        if parts[-1].data == "for_cond":
            condition = self.build(parts.pop().children[-1])
        results = [self.build(part) for part in parts]
        return nodes.For(
            source=self.source,
            offset=self.offset(tree),
            key_name=names[0] if len(names) > 1 else None,
            value_name=names[-1],
            collection=self.build(collection),
            key=results[0] if len(results) > 1 else None,
            value=results[-1],
            condition=condition,
            group=any(getattr(child, "type", "") == "ELLIPSIS" for child in children),
        )

    def character_before(self, node: Node) -> str:
        """The last character before the node that is code or a line end that means something."""
        position = self.offset(node) - self.skeleton.start
        return self.skeleton.text[:position].rstrip(" \t\r")[-1:]

    def after_line_end(self, node: Node) -> bool:
        return self.character_before(node) == "\n"

    def line_end_error(self, node: Node) -> ConfigurationError:
        return self.source.error(_LINE_END, self.offset(node), hint=_LINE_END_HINT)


_HANDLERS: dict[str, Callable[[ExpressionBuilder, Tree[Token]], Expression]] = {
    "expr_term": ExpressionBuilder.term,
    "int_lit": ExpressionBuilder.number,
    "float_lit": ExpressionBuilder.number,
    "literal_value": ExpressionBuilder.literal,
    "identifier": ExpressionBuilder.variable,
    "string": ExpressionBuilder.string,
    "unary_op": ExpressionBuilder.unary,
    "binary_op": ExpressionBuilder.binary,
    "conditional": ExpressionBuilder.conditional,
    "tuple": ExpressionBuilder.tuple,
    "object": ExpressionBuilder.object,
    "function_call": ExpressionBuilder.call,
    "get_attr_expr_term": ExpressionBuilder.access,
    "index_expr_term": ExpressionBuilder.access,
    "attr_splat_expr_term": ExpressionBuilder.splat,
    "full_splat_expr_term": ExpressionBuilder.splat,
    "for_tuple_expr": ExpressionBuilder.for_expression,
    "for_object_expr": ExpressionBuilder.for_expression,
}


def _is_tree(node: Node) -> bool:
    return hasattr(node, "children")


def _tree(node: Node) -> Tree[Token]:
    return node  # type: ignore[return-value]


def _is_line_end(node: Node) -> bool:
    return _is_tree(node) and _tree(node).data == "new_line_or_comment"


def _is_name(node: Node) -> bool:
    return _is_tree(node) and _tree(node).data == "identifier"
