"""Statements of policy documents in resources: IAM, bucket, key, topic and endpoint policies.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from terrarium.policy.plan import Resource
from terrarium.policy.unit_plan import UnitPlan

_ARGUMENTS = ("access_policy", "assume_role_policy", "policy", "policy_document")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, with tuples for elements that are a single value or a list.

    ``name`` is its Sid, or its number (``#1``) if it has none. ``principals`` are the values of
    Principal of every kind; ``inverted`` names the elements that mean "all but" (NotAction,
    NotPrincipal, NotResource).
    """

    name: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    inverted: tuple[str, ...]


def statements(unit: UnitPlan, resource: Resource) -> Iterator[Statement]:
    """Yield the statements of every known policy document of a resource."""
    texts = [resource.get(name) for name in _written(unit, resource)]
    texts += [block.get("policy") for block in unit.written_blocks(resource, "inline_policy")]
    for text in texts:
        if isinstance(text, str):
            yield from _statements(text)


def has_unknown_document(unit: UnitPlan, resource: Resource) -> bool:
    """Return whether a policy document of the resource is known only after an apply."""
    return any(resource.is_unknown(name) for name in _written(unit, resource))


def _written(unit: UnitPlan, resource: Resource) -> list[str]:
    return [name for name in _ARGUMENTS if unit.configuration.writes(resource, name)]


def _statements(text: str) -> Iterator[Statement]:
    try:
        document = json.loads(text)
    except ValueError:
        return  # for example the name of a managed policy
    found = document.get("Statement", []) if isinstance(document, dict) else []
    for number, statement in enumerate([found] if isinstance(found, dict) else found, 1):
        yield Statement(
            name=statement.get("Sid") or f"#{number}",
            allows=statement.get("Effect") == "Allow",
            actions=_strings(statement.get("Action")),
            resources=_strings(statement.get("Resource")),
            principals=_strings(statement.get("Principal")),
            inverted=tuple(key for key in statement if key.startswith("Not")),
        )


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(text for item in value.values() for text in _strings(item))
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return () if value is None else (str(value),)
