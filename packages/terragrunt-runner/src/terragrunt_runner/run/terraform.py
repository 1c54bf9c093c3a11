"""The Terraform binary: its version, and the errors and locks in its output."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.config.model import Config
from terragrunt_runner.config.version_constraint import satisfies
from terragrunt_runner.errors import ConfigurationError, StateLockedError, ToolchainError
from terragrunt_runner.language.values import InvalidValueError
from terragrunt_runner.run.processes import Command, Processes

FOLLOWS = "0.89.4"
"""The Terragrunt release that this runner follows; it is what version constraints see."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = "│╷╵ \t"
_LOCK_ERROR = "Error acquiring the state lock"
_LOCK_FIELD = re.compile(
    r"^[│\s]*(ID|Path|Operation|Who|Version|Created):[ \t]*(.*?)[ \t]*$", re.MULTILINE
)


@dataclass(slots=True)
class TerraformVersions:
    """Checks version constraints; starts each binary once. Thread-safe."""

    environment: Mapping[str, str]
    _known: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, config: Config, terraform: str, processes: Processes) -> None:
        """Raise ToolchainError if the constraints of a unit exclude a version."""
        wanted = config.terragrunt_version_constraint
        if wanted and not _satisfies(config, FOLLOWS, wanted):
            raise ToolchainError(
                f"{config.file}: needs Terragrunt {wanted}; this runner follows {FOLLOWS}"
            )
        wanted = config.terraform_version_constraint
        if wanted:
            found = self._version(terraform, processes)
            if not _satisfies(config, found, wanted):
                raise ToolchainError(
                    f"{config.file}: needs Terraform {wanted}; {terraform} is {found}"
                )

    def _version(self, terraform: str, processes: Processes) -> str:
        with self._lock:
            if terraform not in self._known:
                command = Command((terraform, "version", "-json"), Path.cwd(), self.environment)
                done = processes.run(command, whole=True)
                try:
                    self._known[terraform] = str(json.loads(done.stdout)["terraform_version"])
                except (ValueError, KeyError):
                    raise ToolchainError(
                        f"{terraform} does not answer to 'version -json' as Terraform does"
                    ) from None
            return self._known[terraform]


def _satisfies(config: Config, version: str, constraint: str) -> bool:
    try:
        return satisfies(version, constraint)
    except InvalidValueError as error:
        raise ConfigurationError(str(error), file=config.file) from None


def plain(text: str) -> str:
    """Return text without colours."""
    return _COLOUR.sub("", text)


def first_error(text: str) -> str | None:
    """Return the message of the first ``Error:`` line, if there is one."""
    lines = [line.strip(_FRAME) for line in plain(text).splitlines()]
    found = next((line for line in lines if line.startswith("Error:")), None)
    return found.removeprefix("Error:").strip() if found else None


def summary(text: str) -> str:
    """Return the first error in Terraform's output, else its last line."""
    lines = (line.strip(_FRAME) for line in reversed(plain(text).splitlines()))
    return first_error(text) or next((line for line in lines if line), "no message")


@dataclass(frozen=True, slots=True)
class StateLock:
    """A held state lock: its ID, who holds it since when, and for which operation."""

    id: str
    who: str
    created: str
    operation: str

    @classmethod
    def from_lock_file(cls, body: bytes) -> StateLock:
        """Parse the lock file of the S3 backend; an unreadable one is a lock too."""
        try:
            info = json.loads(body)
            return cls(info["ID"], info["Who"], info["Created"], info["Operation"])
        except (ValueError, KeyError, TypeError):
            return cls("ID", "an unreadable lock object", "an unknown time", "unknown")

    @classmethod
    def from_output(cls, output: str) -> StateLock | None:
        """Return the lock that made Terraform fail; None for any other failure."""
        text = plain(output)
        if _LOCK_ERROR not in text:
            return None
        fields = dict(_LOCK_FIELD.findall(text[text.index(_LOCK_ERROR) :]))
        if not fields.get("ID"):
            return None
        return cls(
            fields["ID"],
            fields.get("Who", ""),
            fields.get("Created", ""),
            fields.get("Operation", "").removeprefix("OperationType"),
        )

    def error(self, folder: Path) -> StateLockedError:
        """Return the error for a unit: who holds the lock since when, and how to release it."""
        return StateLockedError(
            f"{folder.name}: the state is locked by {self.who or 'an unknown user'} since "
            f"{self.created or 'an unknown time'} ({self.operation or 'unknown operation'}, "
            f"lock {self.id})",
            hint=f"if that run is dead: cd {folder} && terragrunt force-unlock {self.id}",
        )
