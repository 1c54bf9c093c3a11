"""From expressions to values: ``evaluate(expression, scope)``.

Errors that Terraform calls errors are ``EvaluationError`` (``try`` and ``can`` catch them); what
we cannot answer as Terraform would is another ConfigurationError. Both name file and line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn, cast

from terrarium.errors import ConfigurationError
from terrarium.terragrunt import nodes
from terrarium.terragrunt.convert import convert, describe, to_bool, to_number, to_string, unify
from terrarium.terragrunt.functions.registry import Function, Site
from terrarium.terragrunt.kinds import DYNAMIC, Collection, ObjectType, TupleType, Type
from terrarium.terragrunt.nodes import Expression
from terrarium.terragrunt.numbers import Number, exact, make, precision
from terrarium.terragrunt.values import (
    List,
    Map,
    Mismatch,
    Null,
    Set,
    Unsupported,
    Value,
    element_of,
    elements,
    equal,
    force,
    is_null,
    type_of,
)


class EvaluationError(ConfigurationError):
    """An expression that has no value."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean. ``variables`` are root objects such as ``local``, which may be
    ``LazyObject``; ``directory`` is what relative paths in ``file()`` are relative to."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    directory: Path = Path()

    def having(self, variables: Mapping[str, Value]) -> Scope:
        return replace(self, variables={**self.variables, **variables})


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of ``expression``, with nothing lazy in it."""
    try:
        return force(_evaluate(expression, scope))
    except RecursionError:
        raise ConfigurationError(
            "the expression is nested too deeply", file=expression.file, line=expression.line
        ) from None


def _evaluate(node: Expression, scope: Scope) -> Value:
    try:
        return _RULES[type(node)](node, scope)
    except Mismatch as error:
        _fail(node, str(error))
    except Unsupported as error:
        raise ConfigurationError(str(error), file=node.file, line=node.line) from None


def _fail(node: Expression, message: str, hint: str | None = None) -> NoReturn:
    raise EvaluationError(message, file=node.file, line=node.line, hint=hint) from None


def _literal(node: nodes.Literal, scope: Scope) -> Value:  # noqa: ARG001 - same shape as the others
    return node.value


def _variable(node: nodes.Variable, scope: Scope) -> Value:
    if node.name not in scope.variables:
        known = ", ".join(sorted(name for name in scope.variables if name.isidentifier()))
        _fail(node, f"there is no variable named {node.name!r}", f"known here: {known or 'none'}")
    return scope.variables[node.name]


def _parentheses(node: nodes.Parentheses, scope: Scope) -> Value:
    return _evaluate(node.inner, scope)


def _get_attribute(node: nodes.GetAttribute, scope: Scope) -> Value:
    return _attribute(_evaluate(node.object, scope), node.name)


def _attribute(target: Value, name: str) -> Value:
    if is_null(target):
        raise Mismatch(f"cannot read attribute {name!r} of null")
    if not isinstance(target, Mapping):
        raise Mismatch(f"{describe(type_of(target))} has no attributes, so no {name!r}")
    if name not in target:
        if isinstance(target, Map):
            raise Mismatch(f"the map has no element with key {name!r}")
        raise Mismatch(f"the object has no attribute named {name!r}")
    return element_of(target, target[name]) if isinstance(target, Map) else target[name]


def _index(node: nodes.Index, scope: Scope) -> Value:
    return _element(_evaluate(node.object, scope), _evaluate(node.key, scope))


def _element(target: Value, key: Value) -> Value:
    if is_null(target):
        raise Mismatch("cannot index null")
    if is_null(key):
        raise Mismatch("cannot use null as an index")
    if isinstance(target, Mapping):
        return _attribute(target, to_string(key))
    if isinstance(target, Set) or not isinstance(target, tuple):
        raise Mismatch(f"{describe(type_of(target))} has no index")
    position = to_number(key)
    if not isinstance(position, int):
        raise Mismatch("an index must be a whole number")
    if not 0 <= position < len(target):
        raise Mismatch(f"index {position} is outside the {len(target)} element(s)")
    item = target[position]
    return element_of(target, item) if isinstance(target, List) else item


def _splat_item(node: nodes.SplatItem, scope: Scope) -> Value:
    return scope.variables[_item_name(node)]


def _item_name(node: nodes.SplatItem) -> str:
    return f"*{id(node)}"


def _splat(node: nodes.Splat, scope: Scope) -> Value:
    target = _evaluate(node.object, scope)
    if is_null(target):
        kind = type_of(target)
        if isinstance(kind, (Collection, TupleType)) and str(kind).split()[0] != "map":
            raise Mismatch("cannot use [*] on a null list, set or tuple")
        return ()
    sequence = isinstance(target, tuple)
    items = elements(target) if sequence else [target]
    name = _item_name(node.item)
    results = [_evaluate(node.each, scope.having({name: item})) for item in items]
    if not isinstance(target, (List, Set)):
        return tuple(results)
    element = type_of(results[0]) if results else _static_type(node.each, target.element)
    return List(results, element)


def _static_type(each: Expression, item: Type) -> Type:
    """The type that ``each`` would have for an element of type ``item``."""
    if not isinstance(each, (nodes.GetAttribute, nodes.Index)):
        return item
    target = _static_type(each.object, item)
    if isinstance(target, ObjectType) and isinstance(each, nodes.GetAttribute):
        attributes = dict(target.attributes)
        if each.name in attributes:
            return attributes[each.name]
        raise Mismatch(f"the object has no attribute named {each.name!r}")
    if target == DYNAMIC:
        return DYNAMIC
    if isinstance(target, Collection):
        return target.element
    raise Mismatch(f"{describe(target)} has no such element")


def _unary(node: nodes.Unary, scope: Scope) -> Value:
    value = _evaluate(node.operand, scope)
    if node.operator == "!":
        return not to_bool(value)
    number = to_number(value)
    return make(-exact(number), precision(number))


def _binary(node: nodes.Binary, scope: Scope) -> Value:
    chain: list[nodes.Binary] = []
    left: Expression = node
    while isinstance(left, nodes.Binary):
        chain.append(left)
        left = left.left
    result = _evaluate(left, scope)
    for operation in reversed(chain):
        result = _operate(operation.operator, result, _evaluate(operation.right, scope))
    return result


def _operate(operator: str, left: Value, right: Value) -> Value:
    if operator in ("==", "!="):
        return equal(left, right) == (operator == "==")
    if operator in ("&&", "||"):
        first, second = to_bool(left), to_bool(right)
        return (first and second) if operator == "&&" else (first or second)
    a, b = to_number(left), to_number(right)
    if operator in _COMPARISONS:
        return _COMPARISONS[operator](exact(a), exact(b))
    return _arithmetic(operator, a, b)


_COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _arithmetic(operator: str, left: Number, right: Number) -> Number:
    a, b = exact(left), exact(right)
    bits = max(precision(left), precision(right))
    if b == 0 and operator == "/":
        raise Mismatch("division by zero")
    if operator == "%":
        if b == 0:
            return left  # which is what Terraform answers
        # Truncated, so the result has the sign of the left side.
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return make(a - quotient * b, bits)
    result = {"+": a + b, "-": a - b, "*": a * b}.get(operator)
    return make(a / b if result is None else result, bits)


def _conditional(node: nodes.Conditional, scope: Scope) -> Value:
    condition = _evaluate(node.condition, scope)
    if is_null(condition):
        _fail(node.condition, "the condition is null, and a bool is required")
    chosen, other = (node.true, node.false) if to_bool(condition) else (node.false, node.true)
    value = force(_evaluate(chosen, scope))
    try:
        # The result has the type that both sides share, so both are evaluated.
        alternative = force(_evaluate(other, scope))
    except EvaluationError:
        return value
    if value is None:
        return None if alternative is None else Null(type_of(alternative))
    if alternative is None:
        return value
    kind = unify([type_of(value), type_of(alternative)])
    if kind is None:
        raise Mismatch(
            "the two results of a condition must have consistent types, and here they are "
            f"{describe(type_of(value))} and {describe(type_of(alternative))}"
        )
    return convert(value, kind)


def _tuple(node: nodes.TupleConstructor, scope: Scope) -> Value:
    return tuple(_evaluate(item, scope) for item in node.items)


def _object(node: nodes.ObjectConstructor, scope: Scope) -> Value:
    result: dict[str, Value] = {}
    for key_node, value_node in node.items:
        if isinstance(key_node, (nodes.GetAttribute, nodes.Index)):
            _fail(key_node, "an object key that is a reference must be in parentheses")
        key = _evaluate(key_node, scope)
        if is_null(key):
            _fail(key_node, "null cannot be the key of an object")
        result[to_string(key)] = _evaluate(value_node, scope)
    return result


def _for(node: nodes.For, scope: Scope) -> Value:
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


def _iterate(node: nodes.For, collection: Value, scope: Scope) -> Iterator[Scope]:
    """One scope for each element that the condition lets through."""
    if is_null(collection):
        _fail(node.collection, "cannot iterate over null")
    for key, value in _pairs(collection):
        names = {node.value_name: value}
        if node.key_name is not None:
            names = {node.key_name: key, **names}
        inner = scope.having(names)
        if node.condition is not None:
            condition = _evaluate(node.condition, inner)
            if is_null(condition):
                _fail(node.condition, "the condition is null, and a bool is required")
            if not to_bool(condition):
                continue
        yield inner


def _pairs(collection: Value) -> Iterator[tuple[Value, Value]]:
    if isinstance(collection, Mapping):
        for name in sorted(collection):
            yield name, _attribute(collection, name)
    elif isinstance(collection, Set):
        for item in elements(collection):
            yield item, item
    elif isinstance(collection, tuple):
        yield from enumerate(elements(collection))
    else:
        raise Mismatch(f"cannot iterate over {describe(type_of(collection))}")


def _template(node: nodes.Template, scope: Scope) -> Value:
    return "".join(_piece(part, scope) for part in node.parts)


def _piece(part: Expression, scope: Scope) -> str:
    value = _evaluate(part, scope)
    try:
        return to_string(value)
    except Mismatch as error:
        _fail(part, f"cannot include this value in a string: {error}")


def _template_for(node: nodes.TemplateFor, scope: Scope) -> Value:
    return "".join(cast("tuple[str, ...]", _for(node.each, scope)))


def _call(node: nodes.Call, scope: Scope) -> Value:
    function = scope.functions.get(node.name)
    if function is None:
        raise ConfigurationError(
            f"there is no function named {node.name!r}", file=node.file, line=node.line
        )
    site = Site(node.file, node.line, scope, _evaluate)
    try:
        if function.lazy:
            if node.expand:
                raise Unsupported("'...' is not supported here")
            return function.implementation(site, node.arguments)
        arguments = _arguments(function, list(_given(node, scope)))
        if function.site:
            return function.implementation(site, *arguments)
        return function.implementation(*arguments)
    except Mismatch as error:
        _fail(node, f"{node.name}(): {error}")
    except Unsupported as error:
        message = f"{node.name}(): {error}"
        raise ConfigurationError(message, file=node.file, line=node.line) from None


def _given(node: nodes.Call, scope: Scope) -> Iterator[Value]:
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


def _arguments(function: Function, given: list[Value]) -> list[Value]:
    required = len(function.parameters) - function.optional
    if len(given) < required:
        raise Mismatch(f"{required} argument(s) required, {len(given)} given")
    converted: list[Value] = []
    for i, value in enumerate(given):
        parameter = function.parameter(i)
        if parameter is None:
            raise Mismatch(f"at most {len(function.parameters)} argument(s), {len(given)} given")
        if is_null(value) and not parameter.nullable:
            raise Mismatch(f"argument {i + 1} must not be null")
        try:
            converted.append(convert(value, parameter.type))
        except Mismatch as error:
            raise Mismatch(f"argument {i + 1}: {error}") from None
    return converted


_RULES: dict[type[Expression], Callable[[Any, Scope], Value]] = {
    nodes.Literal: _literal,
    nodes.Variable: _variable,
    nodes.Parentheses: _parentheses,
    nodes.GetAttribute: _get_attribute,
    nodes.Index: _index,
    nodes.SplatItem: _splat_item,
    nodes.Splat: _splat,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Conditional: _conditional,
    nodes.TupleConstructor: _tuple,
    nodes.ObjectConstructor: _object,
    nodes.For: _for,
    nodes.Template: _template,
    nodes.TemplateFor: _template_for,
    nodes.Call: _call,
}
