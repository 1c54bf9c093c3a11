"""Policy documents inside resources: IAM, bucket, key, topic and endpoint policies.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from terrarium.policy.units import UnitPlan
from terrarium.terraform.plan import Resource

_ARGUMENTS = ("access_policy", "assume_role_policy", "policy", "policy_document")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; what may be a single value or a list is a tuple here.

    ``name`` is its Sid, or ``#1`` for the first that has none. ``principals`` are the values of
    Principal, whatever their kind; ``excepted`` are the elements it uses that mean "all but"
    (NotAction, NotPrincipal, NotResource).
    """

    name: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    excepted: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    def requires(self, operator: str, key: str) -> str | None:
        """The value of a condition, None without it. Keys are compared as AWS does, whatever their
        case."""
        for name, value in self.conditions.get(operator, {}).items():
            if name.lower() == key.lower():
                return str(value).lower()
        return None


def statements(unit: UnitPlan, resource: Resource) -> Iterator[Statement]:
    """Every statement of the policy documents that the resource is given, where they are known."""
    texts = [resource.get(name) for name in _written(unit, resource)]
    texts += [block.get("policy") for block in unit.written_blocks(resource, "inline_policy")]
    for text in texts:
        if isinstance(text, str):
            yield from _statements(text)


def is_unseen(unit: UnitPlan, resource: Resource) -> bool:
    """Whether it is given a policy document that is known only once it is applied."""
    return any(resource.is_unknown(name) for name in _written(unit, resource))


def _written(unit: UnitPlan, resource: Resource) -> list[str]:
    return [name for name in _ARGUMENTS if unit.configuration.writes(resource, name)]


def _statements(text: str) -> Iterator[Statement]:
    try:
        document = json.loads(text)
    except ValueError:
        return  # such as the name of a managed policy
    found = document.get("Statement", []) if isinstance(document, dict) else []
    for number, statement in enumerate([found] if isinstance(found, dict) else found, 1):
        yield Statement(
            name=statement.get("Sid") or f"#{number}",
            allows=statement.get("Effect") == "Allow",
            actions=_strings(statement.get("Action")),
            resources=_strings(statement.get("Resource")),
            principals=_strings(statement.get("Principal")),
            excepted=tuple(key for key in statement if key.startswith("Not")),
            conditions=statement.get("Condition", {}),
        )


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(text for item in value.values() for text in _strings(item))
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    return () if value is None else (str(value),)
