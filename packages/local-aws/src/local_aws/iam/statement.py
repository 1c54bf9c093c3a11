"""Policies and their statements, parsed from JSON.

Source: IAM user guide, "IAM JSON policy elements reference"; S3 user guide, "Policies and
permissions in Amazon S3".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local_aws.iam import MalformedPolicyError
from local_aws.iam.condition_operators import Condition, conditions
from local_aws.iam.policy_variables import Context, expand_pattern
from local_aws.iam.principal import (
    Caller,
    excluded_by_not_principal,
    matches_principal,
)
from local_aws.wildcards import matches


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A request for access. ``action`` is like ``s3:GetObject``, ``resource`` is an ARN."""

    caller: Caller
    action: str
    resource: str
    context: Context


class Effect(Enum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``name`` is its Sid, or its position in the document.

    A ``negated_`` flag means that the values come from the element's ``Not`` form.
    """

    name: str
    effect: Effect
    actions: tuple[str, ...]
    negated_actions: bool
    resources: tuple[str, ...]
    negated_resources: bool
    principal: Any
    negated_principal: bool
    conditions: tuple[Condition, ...]

    def applies(self, request: AccessRequest) -> bool:
        return (
            self._names_caller(request.caller)
            and self._names_action(request.action)
            and self._names_resource(request.resource, request.context)
            and all(condition.holds(request.context) for condition in self.conditions)
        )

    def _names_caller(self, caller: Caller) -> bool:
        if self.principal is None:  # identity-based policies are attached to their principal
            return True
        if self.negated_principal:
            return not excluded_by_not_principal(self.principal, caller)
        return matches_principal(self.principal, caller)

    def _names_action(self, action: str) -> bool:
        named = any(matches(pattern, action, ignore_case=True) for pattern in self.actions)
        return named != self.negated_actions

    def _names_resource(self, resource: str, context: Context) -> bool:
        patterns = (expand_pattern(each, context) for each in self.resources)
        named = any(each is not None and matches(each, resource, escapes=True) for each in patterns)
        return named != self.negated_resources


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy. ``name`` tells a reader of the log which policy denied a request."""

    name: str
    statements: tuple[Statement, ...]

    def find(self, effect: Effect, request: AccessRequest) -> Statement | None:
        """Return the first statement with this effect that applies, or None."""
        return next(
            (each for each in self.statements if each.effect is effect and each.applies(request)),
            None,
        )


def parse(name: str, document: str | bytes) -> Policy:
    """Parse a policy from JSON. Raises MalformedPolicyError."""
    try:
        content = json.loads(document)
    except ValueError as error:
        raise MalformedPolicyError(f"not JSON: {error}") from error
    if not isinstance(content, Mapping):
        raise MalformedPolicyError("a policy is a JSON object")
    statements = content.get("Statement")
    if statements is None:
        raise MalformedPolicyError("Missing required field Statement")
    return Policy(
        name,
        tuple(_statement(number, each) for number, each in enumerate(_list(statements), start=1)),
    )


def _statement(number: int, content: Any) -> Statement:
    if not isinstance(content, Mapping):
        raise MalformedPolicyError(f"statement {number} is not an object")
    name = str(content.get("Sid") or f"number {number}")
    try:
        effect = Effect(content.get("Effect"))
    except ValueError:
        raise MalformedPolicyError(f"Invalid effect: {content.get('Effect')}") from None
    actions, negated_actions = _either(content, "Action")
    if not actions:
        raise MalformedPolicyError("Missing required field Action")
    resources, negated_resources = _either(content, "Resource")
    if not resources:
        raise MalformedPolicyError("Missing required field Resource")
    principals = [each for each in ("Principal", "NotPrincipal") if each in content]
    if len(principals) > 1:
        raise MalformedPolicyError("Principal and NotPrincipal exclude each other")
    return Statement(
        name=name,
        effect=effect,
        actions=actions,
        negated_actions=negated_actions,
        resources=resources,
        negated_resources=negated_resources,
        principal=content[principals[0]] if principals else None,
        negated_principal=principals == ["NotPrincipal"],
        conditions=conditions(content.get("Condition") or {}),
    )


def _either(content: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    """Return an element's values and False, or those of its ``Not`` form and True."""
    if name in content and f"Not{name}" in content:
        raise MalformedPolicyError(f"{name} and Not{name} exclude each other")
    negated = f"Not{name}" in content
    values = _list(content.get(f"Not{name}" if negated else name, []))
    if not all(isinstance(each, str) for each in values):
        raise MalformedPolicyError(f"Invalid {name}: strings only")
    return tuple(values), negated


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
