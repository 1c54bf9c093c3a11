"""Outputs of the units that a unit depends on, or their mocks.

Outputs are read from the state in S3 or in a local file; ``terraform output`` runs only if that is
not possible. Source: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks#dependency
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terragrunt_runner.config.merge import deep_merge
from terragrunt_runner.config.model import Config, Dependency, RemoteState
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError, StateError
from terragrunt_runner.language.serialise import from_typed_json
from terragrunt_runner.language.values import Value
from terragrunt_runner.run.iam_role import Roles
from terragrunt_runner.state.s3_backend import S3States

TerraformOutput = Callable[[Path], "dict[str, Any]"]


@dataclass(slots=True)
class DependencyOutputs:
    """Reads the outputs of each unit once, and again after :meth:`forget`. Thread-safe.

    ``terraform_output`` runs ``terraform output`` in a unit; ``command`` decides about mocks.
    """

    reader: Reader
    states: S3States
    roles: Roles
    terraform_output: TerraformOutput
    command: str
    from_state: bool = True
    _known: dict[Path, dict[str, Value]] = field(default_factory=dict)
    _locks: dict[Path, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, config: Config) -> dict[str, Value]:
        """Return the value of ``dependency`` for a unit. Raises RunnerError."""
        return {
            dependency.name: self._dependency(config, dependency)
            for dependency in config.dependencies
        }

    def forget(self, unit: Path) -> None:
        """Read the outputs of a unit again, because a command has changed them."""
        with self._lock:
            self._known.pop(unit, None)

    def _dependency(self, config: Config, dependency: Dependency) -> Value:
        mocks = dependency.mock_outputs
        render = self.reader.settings.render
        mocks_allowed = mocks is not None and (render or dependency.allows_mocks_for(self.command))
        if not dependency.is_enabled:
            return {} if mocks is None else {"outputs": mocks}
        if dependency.skip_outputs:
            return {"outputs": mocks} if mocks_allowed else {}
        target = self.reader.dependency_file(config, dependency)
        found = self._fetch(target)
        if found:
            if mocks is not None and mocks_allowed:
                return {"outputs": _combined(found, mocks, dependency)}
            return {"outputs": found}
        if mocks_allowed:
            return {"outputs": mocks}
        raise _no_outputs(config, dependency, target, self.command)

    def _fetch(self, unit: Path) -> dict[str, Value]:
        with self._lock:
            lock = self._locks.setdefault(unit, threading.Lock())
        with lock:
            with self._lock:
                if unit in self._known:
                    return self._known[unit]
            found = {
                name: from_typed_json(output["value"], output.get("type"))
                for name, output in (self._read(unit) or {}).items()
            }
            with self._lock:
                self._known[unit] = found
            return found

    def _read(self, unit: Path) -> Mapping[str, Any] | None:
        config = self.reader.outline(unit)
        state = config.remote_state
        if state is None or state.disable_dependency_optimization or not self.from_state:
            return self.terraform_output(unit)
        if state.backend == "s3" and self.states.can_read(state.config):
            return self.states.outputs(self._as_role(config, state))
        if state.backend == "local":
            return self._local(config, state)
        return self.terraform_output(unit)

    def _as_role(self, config: Config, state: RemoteState) -> dict[str, Any]:
        """Return the backend's settings, with the credentials of the unit's iam_role if any."""
        credentials = self.roles.credentials(config)
        if not credentials:
            return state.config
        return {
            **state.config,
            "access_key": credentials["AWS_ACCESS_KEY_ID"],
            "secret_key": credentials["AWS_SECRET_ACCESS_KEY"],
            "token": credentials["AWS_SESSION_TOKEN"],
        }

    def _local(self, config: Config, state: RemoteState) -> Mapping[str, Any] | None:
        path = Path(str(state.config.get("path") or "terraform.tfstate"))
        if not path.is_absolute() or self.reader.settings.environment.get("TF_WORKSPACE"):
            # A relative path starts at the working folder, which only a run of the unit knows.
            return self.terraform_output(config.file)
        try:
            found = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StateError(f"cannot read the state {path}: {error}") from None
        return dict(found.get("outputs", {}))


def _combined(
    found: dict[str, Value], mocks: Mapping[str, Value], dependency: Dependency
) -> Mapping[str, Value]:
    if dependency.strategy == "no_merge":
        return found
    if dependency.strategy == "shallow":
        return {**mocks, **found}
    merged: dict[str, Value] = deep_merge(mocks, found, append_lists=False)
    return merged


def _no_outputs(
    config: Config, dependency: Dependency, target: Path, command: str
) -> ConfigurationError:
    if dependency.mock_outputs is None:
        why = "and the block has no mock_outputs"
    else:
        why = f"and its mock_outputs are not allowed for {command or 'this command'}"
    return dependency.place.error(
        f"{config.folder}: dependency {dependency.name!r} ({target.parent}) has no outputs, {why}",
        hint=f"apply it first: terragrunt apply --working-dir {target.parent}",
    )
