"""The type of an expression that has no value because it contains an error.

Both sides of a condition share the type of the result. If the side that is not chosen has an
error, Terraform takes it for an unknown value of the type that it would have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from terragrunt_runner.language import syntax_tree
from terragrunt_runner.language.convert import to_string, unify
from terragrunt_runner.language.scope import EvaluationError
from terragrunt_runner.language.syntax_tree import Expression
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    Collection,
    ObjectType,
    TupleType,
    Type,
)
from terragrunt_runner.language.values import InvalidValueError, Value, force, type_of

Evaluate: TypeAlias = Callable[[Expression], Value]


def static_type(node: Expression, evaluate: Evaluate) -> Type:  # noqa: PLR0911 - one per rule
    """Return the type that Terraform assumes for an expression with an error."""
    while isinstance(node, syntax_tree.Parentheses):
        node = node.inner
    if isinstance(node, (syntax_tree.Binary, syntax_tree.Unary)):
        return NUMBER if node.operator in ("+", "-", "*", "/", "%") else BOOL
    if isinstance(node, syntax_tree.Template):
        return STRING
    if isinstance(node, syntax_tree.Conditional):
        sides = [_type_of(side, evaluate) for side in (node.true, node.false)]
        return DYNAMIC if DYNAMIC in sides else unify(sides) or DYNAMIC
    if isinstance(node, syntax_tree.TupleConstructor):
        return TupleType(tuple(_type_of(item, evaluate) for item in node.items))
    if isinstance(node, syntax_tree.ObjectConstructor):
        return _object_type(node, evaluate)
    if isinstance(node, syntax_tree.For) and _type_of(node.collection, evaluate) != DYNAMIC:
        return TupleType(()) if node.key is None else ObjectType(())
    if isinstance(node, syntax_tree.Splat) and _type_of(node.object, evaluate) != DYNAMIC:
        return TupleType(())
    return DYNAMIC


def splat_element_type(each: Expression, item: Type) -> Type:
    """Return the type of a splat's ``each`` for an element of type ``item``."""
    if not isinstance(each, (syntax_tree.GetAttribute, syntax_tree.Index)):
        return item
    target = splat_element_type(each.object, item)
    if isinstance(target, ObjectType) and isinstance(each, syntax_tree.GetAttribute):
        attributes = dict(target.attributes)
        if each.name in attributes:
            return attributes[each.name]
        raise InvalidValueError(f"the object has no attribute named {each.name!r}")
    return target.element if isinstance(target, Collection) else DYNAMIC


def _object_type(node: syntax_tree.ObjectConstructor, evaluate: Evaluate) -> Type:
    types: dict[str, Type] = {}
    for key, value in node.items:
        try:
            types[to_string(evaluate(key))] = _type_of(value, evaluate)
        except (EvaluationError, InvalidValueError):
            return DYNAMIC
    return ObjectType(tuple(sorted(types.items())))


def _type_of(node: Expression, evaluate: Evaluate) -> Type:
    try:
        return type_of(force(evaluate(node)))
    except EvaluationError:
        return static_type(node, evaluate)
