"""The type of what has no value.

A condition's result has the type that both its sides share, and Terraform takes a side that has an
error for an unknown value of the type that it would have had.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from terragrunt_runner.language import nodes
from terragrunt_runner.language.convert import to_string, unify
from terragrunt_runner.language.nodes import Expression
from terragrunt_runner.language.scope import EvaluationError
from terragrunt_runner.language.types import (
    BOOL,
    DYNAMIC,
    NUMBER,
    STRING,
    ObjectType,
    TupleType,
    Type,
)
from terragrunt_runner.language.values import Mismatch, Value, force, type_of

Evaluate: TypeAlias = Callable[[Expression], Value]


def failed_type(node: Expression, evaluate: Evaluate) -> Type:  # noqa: PLR0911 - one a rule
    """The type that Terraform takes for the result of an expression that has an error."""
    while isinstance(node, nodes.Parentheses):
        node = node.inner
    if isinstance(node, (nodes.Binary, nodes.Unary)):
        arithmetic = node.operator in ("+", "-", "*", "/", "%")
        return NUMBER if arithmetic else BOOL
    if isinstance(node, nodes.Template):
        return STRING
    if isinstance(node, nodes.Conditional):
        sides = [_type_or_failed(side, evaluate) for side in (node.true, node.false)]
        return DYNAMIC if DYNAMIC in sides else unify(sides) or DYNAMIC
    if isinstance(node, nodes.TupleConstructor):
        return TupleType(tuple(_type_or_failed(item, evaluate) for item in node.items))
    if isinstance(node, nodes.ObjectConstructor):
        return _failed_object(node, evaluate)
    if isinstance(node, nodes.For) and _type_or_failed(node.collection, evaluate) != DYNAMIC:
        return TupleType(()) if node.key is None else ObjectType(())
    if isinstance(node, nodes.Splat) and _type_or_failed(node.object, evaluate) != DYNAMIC:
        return TupleType(())
    return DYNAMIC


def _failed_object(node: nodes.ObjectConstructor, evaluate: Evaluate) -> Type:
    types: dict[str, Type] = {}
    for key, value in node.items:
        try:
            types[to_string(evaluate(key))] = _type_or_failed(value, evaluate)
        except (EvaluationError, Mismatch):
            return DYNAMIC
    return ObjectType(tuple(sorted(types.items())))


def _type_or_failed(node: Expression, evaluate: Evaluate) -> Type:
    try:
        return type_of(force(evaluate(node)))
    except EvaluationError:
        return failed_type(node, evaluate)
