"""The arguments in a unit's Terraform files, which its plan does not show.

In a plan, an argument that the provider computes looks like one that is written: the rules of a
security group, once applied, appear in the group as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner import ResourceBlock, UnitReader

from terrarium.settings import Environment
from terrarium.terraform.plan import Resource


@dataclass(frozen=True, slots=True)
class Configuration:
    """The resource blocks of one module by address, without those of modules that it calls."""

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


class Configurations:
    """The Terraform configurations of an environment's units, on a target."""

    def __init__(self, environment: Environment, environ: Mapping[str, str]) -> None:
        self._environment = environment
        self._reader = UnitReader(environ)

    def module(self, unit: str) -> Path:
        """Return the folder of the unit's module. Raises ConfigurationError for a remote one."""
        return self._reader.module_folder(self._environment.unit(unit))

    def of(self, unit: str) -> Configuration:
        """Return what Terraform reads for a unit. Raises ConfigurationError."""
        return Configuration.of(self._reader.resources(self._environment.unit(unit)))
