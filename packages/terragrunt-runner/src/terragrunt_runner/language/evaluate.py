"""The evaluator: ``evaluate(expression, scope)``.

It raises EvaluationError, which ``try`` and ``can`` catch, where Terraform has an error. It raises
another ConfigurationError where this runner cannot give Terraform's answer. Both have file and
line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn, cast

from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language import syntax_tree
from terragrunt_runner.language.convert import (
    convert,
    describe,
    to_bool,
    to_number,
    to_string,
    unify,
)
from terragrunt_runner.language.operations import (
    binary_operation,
    key_value_pairs,
    negate,
    read_attribute,
    read_element,
)
from terragrunt_runner.language.scope import CallSite, EvaluationError, Scope
from terragrunt_runner.language.static_types import splat_element_type, static_type
from terragrunt_runner.language.syntax_tree import Expression
from terragrunt_runner.language.types import DYNAMIC, is_sequence
from terragrunt_runner.language.values import (
    InvalidValueError,
    List,
    Null,
    Set,
    UnsupportedError,
    Value,
    elements,
    force,
    is_null,
    type_of,
)


def evaluate(expression: Expression, scope: Scope) -> Value:
    """Return the value of the expression, without ``LazyObject`` in it."""
    try:
        return force(_evaluate(expression, scope))
    except RecursionError:
        _refuse(expression, "the expression is nested too deeply")


def _evaluate(node: Expression, scope: Scope) -> Value:
    try:
        return _RULES[type(node)](node, scope)
    except InvalidValueError as error:
        _fail(node, str(error))
    except UnsupportedError as error:
        _refuse(node, str(error))


def _refuse(node: Expression, message: str) -> NoReturn:
    raise ConfigurationError(message, file=node.file, line=node.line) from None


def _fail(node: Expression, message: str, hint: str | None = None) -> NoReturn:
    raise EvaluationError(message, file=node.file, line=node.line, hint=hint) from None


def _literal(node: syntax_tree.Literal, scope: Scope) -> Value:  # noqa: ARG001 - the signature of all rules
    return node.value


def _variable(node: syntax_tree.Variable, scope: Scope) -> Value:
    if node.name not in scope.variables:
        known = ", ".join(sorted(name for name in scope.variables if name.isidentifier()))
        _fail(node, f"there is no variable named {node.name!r}", f"variables: {known or 'none'}")
    return scope.variables[node.name]


def _parentheses(node: syntax_tree.Parentheses, scope: Scope) -> Value:
    return _evaluate(node.inner, scope)


def _get_attribute(node: syntax_tree.GetAttribute, scope: Scope) -> Value:
    return read_attribute(_evaluate(node.object, scope), node.name)


def _index(node: syntax_tree.Index, scope: Scope) -> Value:
    return read_element(_evaluate(node.object, scope), _evaluate(node.key, scope))


def _splat_item(node: syntax_tree.SplatItem, scope: Scope) -> Value:
    return scope.variables[_item_name(node)]


def _item_name(node: syntax_tree.SplatItem) -> str:
    """Return a variable name that no configuration can contain."""
    return f"*{id(node)}"


def _splat(node: syntax_tree.Splat, scope: Scope) -> Value:
    target = _evaluate(node.object, scope)
    if is_null(target):
        if is_sequence(type_of(target)):
            raise InvalidValueError("cannot use [*] on a null list, set or tuple")
        return ()
    items = elements(target) if isinstance(target, tuple) else [target]
    name = _item_name(node.item)
    results = [_evaluate(node.each, scope.child({name: item})) for item in items]
    if not isinstance(target, (List, Set)):
        return tuple(results)
    element = type_of(results[0]) if results else splat_element_type(node.each, target.element)
    return List(results, element)


def _unary(node: syntax_tree.Unary, scope: Scope) -> Value:
    value = _evaluate(node.operand, scope)
    if node.operator == "!":
        return not to_bool(value)
    return negate(to_number(value))


def _binary(node: syntax_tree.Binary, scope: Scope) -> Value:
    # A loop instead of recursion: chains of operators can be long.
    chain: list[syntax_tree.Binary] = []
    left: Expression = node
    while isinstance(left, syntax_tree.Binary):
        chain.append(left)
        left = left.left
    result = _evaluate(left, scope)
    for operation in reversed(chain):
        if _SHORT_CIRCUIT.get(operation.operator, ...) is result:
            _check_right_side(operation, scope)
        else:
            result = binary_operation(operation.operator, result, _evaluate(operation.right, scope))
    return result


_SHORT_CIRCUIT = {"&&": False, "||": True}


def _check_right_side(node: syntax_tree.Binary, scope: Scope) -> None:
    """Check x in ``false && x`` and ``true || x``: only an error in it can change the result."""
    try:
        to_bool(_evaluate(node.right, scope))
    except (EvaluationError, InvalidValueError) as error:
        raise UnsupportedError(
            f"the left side of {node.operator} decides, and the right side has an error that only "
            f"some versions of Terragrunt report ({error})"
        ) from None


def _conditional(node: syntax_tree.Conditional, scope: Scope) -> Value:
    condition = _is_true(node.condition, scope)
    chosen, other = (node.true, node.false) if condition else (node.false, node.true)
    value = force(_evaluate(chosen, scope))
    try:
        # The result has the type that both sides share, so evaluate both.
        alternative = force(_evaluate(other, scope))
    except EvaluationError:
        unified = unify([type_of(value), static_type(other, partial(_evaluate, scope=scope))])
        if unified is None:
            raise
        return value if unified == DYNAMIC else convert(value, unified)
    if value is None:
        return None if alternative is None else Null(type_of(alternative))
    if alternative is None:
        return value
    unified = unify([type_of(value), type_of(alternative)])
    if unified is None:
        raise InvalidValueError(
            "the two results of a condition must have consistent types, and here they are "
            f"{describe(type_of(value))} and {describe(type_of(alternative))}"
        )
    return convert(value, unified)


def _tuple(node: syntax_tree.TupleConstructor, scope: Scope) -> Value:
    return tuple(_evaluate(item, scope) for item in node.items)


def _object(node: syntax_tree.ObjectConstructor, scope: Scope) -> Value:
    result: dict[str, Value] = {}
    for key_node, value_node in node.items:
        if isinstance(key_node, (syntax_tree.GetAttribute, syntax_tree.Index)):
            _fail(key_node, "an object key that is a reference must be in parentheses")
        key = _evaluate(key_node, scope)
        if is_null(key):
            _fail(key_node, "null cannot be the key of an object")
        result[to_string(key)] = _evaluate(value_node, scope)
    return result


def _for(node: syntax_tree.For, scope: Scope) -> Value:
    collection = _evaluate(node.collection, scope)
    if node.key is None:
        return tuple(_evaluate(node.value, inner) for inner in _iterate(node, collection, scope))
    result: dict[str, Value] = {}
    groups: dict[str, list[Value]] = {}
    for inner in _iterate(node, collection, scope):
        key_value = _evaluate(node.key, inner)
        if is_null(key_value):
            _fail(node.key, "null cannot be a key")
        key = to_string(key_value)
        if not node.group and key in result:
            _fail(node.key, f"two elements have the key {key!r}", "group them with '...'")
        result[key] = _evaluate(node.value, inner)
        groups.setdefault(key, []).append(result[key])
    return {key: tuple(items) for key, items in groups.items()} if node.group else result


def _iterate(node: syntax_tree.For, collection: Value, scope: Scope) -> Iterator[Scope]:
    """Yield a scope for each element that meets the condition."""
    if is_null(collection):
        _fail(node.collection, "cannot iterate over null")
    bound = {node.key_name, node.value_name}
    if node.condition and not any(name in bound for name, *_ in node.condition.references()):
        _is_true(node.condition, scope)  # reports an error even if there are no elements
    for key, value in key_value_pairs(collection):
        names = {node.value_name: value}
        if node.key_name is not None:
            names = {node.key_name: key, **names}
        inner = scope.child(names)
        if node.condition is None or _is_true(node.condition, inner):
            yield inner


def _is_true(node: Expression, scope: Scope) -> bool:
    condition = _evaluate(node, scope)
    if is_null(condition):
        _fail(node, "the condition is null, and a bool is required")
    return to_bool(condition)


def _template(node: syntax_tree.Template, scope: Scope) -> Value:
    return "".join(_template_part(part, scope) for part in node.parts)


def _template_part(part: Expression, scope: Scope) -> str:
    try:
        return to_string(_evaluate(part, scope))
    except InvalidValueError as error:
        _fail(part, f"cannot include this value in a string: {error}")


def _template_for(node: syntax_tree.TemplateFor, scope: Scope) -> Value:
    return "".join(cast("tuple[str, ...]", _for(node.each, scope)))


def _call(node: syntax_tree.Call, scope: Scope) -> Value:
    function = scope.functions.get(node.name)
    if function is None:
        _refuse(node, f"there is no function named {node.name!r}")
    if function.lazy and node.expand:
        _refuse(node, f"{node.name}(): '...' is not supported here")
    site = CallSite(node.file, node.line, scope, _evaluate)
    try:
        if function.lazy:
            return function.implementation(site, node.arguments)
        arguments = function.bind(list(_arguments(node, scope)))
        if function.site:
            return function.implementation(site, *arguments)
        return function.implementation(*arguments)
    except InvalidValueError as error:
        _fail(node, f"{node.name}(): {error}")
    except UnsupportedError as error:
        _refuse(node, f"{node.name}(): {error}")


def _arguments(node: syntax_tree.Call, scope: Scope) -> Iterator[Value]:
    last = len(node.arguments) - 1
    for i, argument in enumerate(node.arguments):
        value = force(_evaluate(argument, scope))
        if not (node.expand and i == last):
            yield value
        elif is_null(value):
            _fail(argument, "cannot expand null into arguments")
        elif isinstance(value, tuple):
            yield from elements(value)
        else:
            _fail(argument, f"cannot expand {describe(type_of(value))} into arguments")


_RULES: dict[type[Expression], Callable[[Any, Scope], Value]] = {
    syntax_tree.Literal: _literal,
    syntax_tree.Variable: _variable,
    syntax_tree.Parentheses: _parentheses,
    syntax_tree.GetAttribute: _get_attribute,
    syntax_tree.Index: _index,
    syntax_tree.SplatItem: _splat_item,
    syntax_tree.Splat: _splat,
    syntax_tree.Unary: _unary,
    syntax_tree.Binary: _binary,
    syntax_tree.Conditional: _conditional,
    syntax_tree.TupleConstructor: _tuple,
    syntax_tree.ObjectConstructor: _object,
    syntax_tree.For: _for,
    syntax_tree.Template: _template,
    syntax_tree.TemplateFor: _template_for,
    syntax_tree.Call: _call,
}
