"""What IAM would decide, as far as the policies of this project go.

Source: "Policy evaluation logic" and "IAM JSON policy elements" of the IAM User Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource; ``context`` holds the condition keys that come with it."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """``statements`` of all its policies, and those of its permissions boundary."""

    statements: Sequence[Statement]
    boundary: Sequence[Statement]

    def may(self, request: Request) -> bool:
        return _allows(self.statements, request) and _allows(self.boundary, request)

    def may_at_most(self, request: Request) -> bool:
        """Whether any policy at all could let it."""
        return _allows(self.boundary, request)


def statements(document: str) -> list[Statement]:
    return list(json.loads(document)["Statement"])


def actions(policy: Iterable[Statement]) -> set[str]:
    """The actions that statements name."""
    return {action for statement in policy for action in _list(statement.get("Action", []))}


def _allows(policy: Sequence[Statement], request: Request) -> bool:
    effects = {each["Effect"] for each in policy if _is_about(each, request)}
    return effects == {"Allow"}


def _is_about(statement: Statement, request: Request) -> bool:
    if "NotAction" in statement:
        is_named = not _matches_any(statement["NotAction"], request.action, ignore_case=True)
    else:
        is_named = _matches_any(statement["Action"], request.action, ignore_case=True)
    return (
        is_named
        and _matches_any(statement["Resource"], request.resource)
        and all(
            _holds(operator, key, values, request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, key: str, values: Any, context: Mapping[str, str]) -> bool:
    if operator not in ("StringEquals", "StringEqualsIfExists", "Bool"):
        raise AssertionError(f"this evaluation does not know {operator}")
    if key not in context:
        return operator.endswith("IfExists")
    return context[key] in _list(values)


def _matches_any(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    return any(_pattern(pattern, ignore_case).fullmatch(value) for pattern in _list(patterns))


def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.IGNORECASE if ignore_case else 0)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
