"""Who may invoke a function: the part of its resource policy that a load balancer needs.

Source: Application Load Balancers guide, "Lambda functions as targets", permissions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local_aws.wildcards import matches

_PRINCIPALS = {"elasticloadbalancing.amazonaws.com", "*"}
_ACTIONS = ("lambda:InvokeFunction",)


@dataclass(frozen=True, slots=True)
class Permission:
    """Load balancers may invoke, from target groups whose ARN fits ``source_arn``."""

    source_arn: str

    def covers(self, source_arn: str) -> bool:
        return matches(self.source_arn, source_arn)


def permissions(policy: str) -> tuple[Permission, ...]:
    """From a resource policy as GetPolicy returns it; nothing when it is not one."""
    try:
        statements = _list(json.loads(policy).get("Statement"))
    except (ValueError, AttributeError):
        return ()
    return tuple(
        Permission(source)
        for statement in statements
        if statement.get("Effect") == "Allow" and _for_load_balancers(statement)
        for source in _sources(statement.get("Condition") or {})
    )


def _for_load_balancers(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        principal = principal.get("Service")
    principals = {str(each) for each in _list(principal)}
    actions = [str(each) for each in _list(statement.get("Action"))]
    return bool(principals & _PRINCIPALS) and any(
        matches(pattern, action) for pattern in actions for action in _ACTIONS
    )


def _sources(condition: dict[str, Any]) -> list[str]:
    for operator in ("ArnLike", "ArnEquals", "StringEquals", "StringLike"):
        for key, value in (condition.get(operator) or {}).items():
            if key.lower() == "aws:sourcearn":
                return [str(each) for each in _list(value)]
    return ["*"]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
