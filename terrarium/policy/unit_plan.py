"""The plan of a unit, with its environment, its module and the arguments in its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terrarium import deployment
from terrarium.deployment import Deployment
from terrarium.errors import TerraformError
from terrarium.policy.configuration import Configuration, Configurations
from terrarium.terraform.plan import Plan, Resource, parse

PLAN = "tfplan.json"
"""File name of a unit's plan below ``--json-out-dir``."""


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """The plan of one unit.

    ``is_protected`` is True in production, where data must survive a destroy by mistake.
    ``module`` is the folder of the unit's module, or None if unknown.
    """

    environment: str
    unit: str
    plan: Plan
    configuration: Configuration = field(default_factory=Configuration)
    is_protected: bool = False
    module: Path | None = None

    @property
    def place(self) -> str:
        return f"{self.environment}/{self.unit}"

    def written_blocks(self, resource: Resource, name: str) -> list[Mapping[str, Any]]:
        """Return the nested blocks of that name; none if the provider computed them."""
        return resource.blocks(name) if self.configuration.writes(resource, name) else []


def make(resolved: Deployment, folder: Path) -> list[UnitPlan]:
    """Plan every unit of an environment, and write the plans as JSON to ``<folder>/<unit>/``.

    Raises TerraformError when a plan fails.
    """
    environment = resolved.environment
    deployment.run(resolved, "plan", plans=folder)
    configurations = Configurations(environment, resolved.environ)
    return [
        UnitPlan(
            environment.name,
            unit,
            _read(folder / unit / PLAN),
            configurations.of(unit),
            resolved.account.is_protected,
            configurations.module(unit),
        )
        for unit in environment.units
    ]


def _read(file: Path) -> Plan:
    try:
        return parse(file.read_bytes())
    except OSError:
        raise TerraformError(
            f"Terragrunt wrote no plan of {file.parent.name}",
            hint="use Terragrunt 0.82 or newer; invoke doctor prints the version in use",
        ) from None
