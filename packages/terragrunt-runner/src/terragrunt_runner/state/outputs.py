"""Outputs of the units that a unit depends on, and the rule of mocks.

They are read from the state itself, in S3 or in a local file; only where that is not possible does
``terraform output`` run. Source of the rules:
https://terragrunt.gruntwork.io/docs/reference/hcl/blocks#dependency
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
from terragrunt_runner.run.credentials import Roles
from terragrunt_runner.state.s3_backend import S3States

TerraformOutput = Callable[[Path], "dict[str, Any]"]


@dataclass(slots=True)
class DependencyOutputs:
    """Fetched once a run for each unit, and anew after :meth:`forget`; safe for many threads.

    ``terraform_output`` runs Terraform in a unit. ``command`` is what decides about mocks.
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
        return {
            dependency.name: self._dependency(config, dependency)
            for dependency in config.dependencies
        }

    def forget(self, unit: Path) -> None:
        """After a unit was applied or destroyed."""
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
        raise _without_outputs(config, dependency, target, self.command)

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
        if state.backend == "s3" and self.states.understands(state.config):
            return self.states.outputs(self._as_role(config, state))
        if state.backend == "local":
            return self._local(config, state)
        return self.terraform_output(unit)

    def _as_role(self, config: Config, state: RemoteState) -> dict[str, Any]:
        """The backend's settings, with the keys of the unit's iam_role if it has one."""
        held = self.roles.environment(config)
        if not held:
            return state.config
        return {
            **state.config,
            "access_key": held["AWS_ACCESS_KEY_ID"],
            "secret_key": held["AWS_SECRET_ACCESS_KEY"],
            "token": held["AWS_SESSION_TOKEN"],
        }

    def _local(self, config: Config, state: RemoteState) -> Mapping[str, Any] | None:
        path = Path(str(state.config.get("path") or "terraform.tfstate"))
        if not path.is_absolute() or self.reader.settings.environment.get("TF_WORKSPACE"):
            # Relative to a working folder, which only a run of the unit knows for certain.
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


def _without_outputs(
    config: Config, dependency: Dependency, target: Path, command: str
) -> ConfigurationError:
    if dependency.mock_outputs is None:
        why = "and the block has no mock_outputs"
    else:
        why = f"and its mock_outputs are not allowed for {command or 'this command'}"
    return ConfigurationError(
        f"{config.folder}: dependency {dependency.name!r} ({target.parent}) has no outputs, {why}",
        file=dependency.place.file,
        line=dependency.place.line,
        hint=f"apply it first: terragrunt apply --working-dir {target.parent}",
    )
