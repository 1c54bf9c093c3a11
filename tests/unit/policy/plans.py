"""Builders of plans for the tests of rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from terrarium.policy.plan import Plan, Resource
from terrarium.policy.rules import Finding
from terrarium.policy.unit_plan import Configuration, UnitPlan


def resource(address: str, index: str | int | None = None, **values: Any) -> Resource:
    """Make a resource with these values; a ``Reference`` is known only after an apply."""
    known = {k: v for k, v in values.items() if not isinstance(v, Reference)}
    references = {k: v.names for k, v in values.items() if isinstance(v, Reference)}
    unknown = dict.fromkeys(references, True)
    return Resource(address, address.split(".", maxsplit=1)[0], index, known, unknown, references)


class Reference:
    """An argument that refers to other resources: ``Reference("aws_s3_bucket.this")``."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)


def unit(
    *resources: Resource,
    env: str = "prod",
    name: str = "app",
    configuration: Configuration | None = None,
    is_protected: bool = True,
) -> UnitPlan:
    return UnitPlan(env, name, Plan(resources), configuration or Configuration(), is_protected)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def found(findings: Iterable[Finding]) -> list[str]:
    """Return the keys of findings, as in live/policy.toml."""
    return [finding.key for finding in findings]
