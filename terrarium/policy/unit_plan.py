"""The plan of a unit, with its environment, its module and the arguments in its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terragrunt_runner import ResourceBlock, UnitReader

from terrarium import deployment
from terrarium.deployment import Deployment
from terrarium.errors import TerraformError
from terrarium.policy.plan import Plan, Resource, parse

PLAN = "tfplan.json"
"""File name of a unit's plan below ``--json-out-dir``."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The resource blocks in a unit's Terraform files by address, without called modules.

    In a plan, an argument that the provider computes looks like one that is written: the rules of
    a security group, once applied, appear in the group too.
    """

    resources: Mapping[str, ResourceBlock] = field(default_factory=dict)

    @classmethod
    def of(cls, blocks: Iterable[ResourceBlock]) -> Configuration:
        return cls({block.address: block for block in blocks})

    def writes(self, resource: Resource, name: str) -> bool:
        """True if the argument or block is written; also for a resource of another module."""
        block = self.resources.get(resource.base)
        return block is None or name in block.names

    def keeps(self, resource: Resource) -> bool:
        """True if Terraform refuses to destroy the resource."""
        block = self.resources.get(resource.base)
        return block is not None and block.prevent_destroy


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

    Raises TerraformError when a plan fails, ConfigurationError for a remote module.
    """
    environment = resolved.environment
    deployment.run(resolved, "plan", plans=folder)
    reader = UnitReader(resolved.environ)
    return [
        UnitPlan(
            environment.name,
            unit,
            _read(folder / unit / PLAN),
            Configuration.of(reader.resources(environment.unit(unit))),
            resolved.account.is_protected,
            reader.module_folder(environment.unit(unit)),
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
