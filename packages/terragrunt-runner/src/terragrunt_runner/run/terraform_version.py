"""Which Terraform this is, and whether a unit's constraints accept it and us."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.config.model import Config
from terragrunt_runner.config.versions import satisfies
from terragrunt_runner.errors import ConfigurationError, ToolchainError
from terragrunt_runner.language.values import InvalidValueError
from terragrunt_runner.run.processes import Children, Command

FOLLOWS = "0.89.4"
"""The release of Terragrunt whose behaviour this runner follows; constraints are met by it."""


@dataclass(slots=True)
class TerraformVersions:
    """Asks each binary once."""

    _known: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, config: Config, terraform: str, children: Children) -> None:
        """Raises ToolchainError for a version that a unit's constraints exclude."""
        if config.terragrunt_version_constraint:
            wanted = config.terragrunt_version_constraint
            if not _met(config, FOLLOWS, wanted):
                raise ToolchainError(
                    f"{config.file}: needs Terragrunt {wanted}; this runner follows {FOLLOWS}"
                )
        if config.terraform_version_constraint:
            wanted = config.terraform_version_constraint
            found = self.of(terraform, children)
            if not _met(config, found, wanted):
                raise ToolchainError(
                    f"{config.file}: needs Terraform {wanted}; {terraform} is {found}"
                )

    def of(self, terraform: str, children: Children) -> str:
        with self._lock:
            if terraform not in self._known:
                self._known[terraform] = _ask(terraform, children)
            return self._known[terraform]


def _ask(terraform: str, children: Children) -> str:
    command = Command((terraform, "version", "-json"), Path.cwd(), dict(os.environ))
    done = children.run(command, whole=True)
    try:
        return str(json.loads(done.stdout)["terraform_version"])
    except (ValueError, KeyError):
        raise ToolchainError(f"{terraform} does not say which version it is") from None


def _met(config: Config, version: str, constraint: str) -> bool:
    try:
        return satisfies(version, constraint)
    except InvalidValueError as error:
        raise ConfigurationError(str(error), file=config.file) from None
