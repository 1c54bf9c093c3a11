"""The public API: units and their states, for Python programs.

Whatever a command prints is better read from the command (``terragrunt find --json``,
``terragrunt render --json``): that also works with the official binary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner.config.model import CONFIG_NAME, Config, Settings
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.parser import parse
from terragrunt_runner.language.serialise import to_json
from terragrunt_runner.language.syntax_tree import Block, Literal
from terragrunt_runner.language.values import Value
from terragrunt_runner.run.iam_role import Roles
from terragrunt_runner.run.module_source import ModuleSource
from terragrunt_runner.run.prepare import Preparation
from terragrunt_runner.run.terraform import StateLock
from terragrunt_runner.state import bucket
from terragrunt_runner.state.bucket import BootstrapResult
from terragrunt_runner.state.s3_backend import S3States


@dataclass(frozen=True, slots=True)
class Backend:
    """The backend of a unit's state; ``settings`` are those of Terraform's backend block."""

    type: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnitDependency:
    """One ``dependency`` block; ``folder`` is the folder of the other unit."""

    name: str
    folder: Path
    mock_outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceBlock:
    """One resource block of a module, with its overrides merged in.

    ``names`` are the arguments and nested blocks that are written, dynamic blocks included.
    """

    address: str
    names: frozenset[str] = frozenset()
    prevent_destroy: bool = False


@dataclass(frozen=True, slots=True)
class StateOutput:
    value: Any
    is_sensitive: bool


class UnitReader:
    """Reads the configuration of units as Terragrunt does, in an environment.

    Units are given as absolute folders. Values are plain Python, as in JSON. Every method raises
    ConfigurationError for configuration that cannot be read or evaluated.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._reader = self._new_reader()

    def locals(self, file: Path) -> dict[str, Any]:
        """Return the locals of a configuration file."""
        return _plain(self._reader.outline(file).locals)

    def backend(self, unit: Path) -> Backend | None:
        """Return the backend of ``remote_state``; None without one."""
        state = self._reader.outline(unit / CONFIG_NAME).remote_state
        return None if state is None else Backend(state.backend, _plain(state.config))

    def dependencies(self, unit: Path) -> tuple[UnitDependency, ...]:
        """Return the enabled ``dependency`` blocks."""
        config = self._reader.outline(unit / CONFIG_NAME)
        return tuple(
            UnitDependency(
                dependency.name,
                self._reader.dependency_file(config, dependency).parent,
                _plain(dependency.mock_outputs or {}),
            )
            for dependency in config.dependencies
            if dependency.is_enabled
        )

    def inputs(self, unit: Path, outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Return the inputs, with the outputs of each dependency by the name of its block."""
        reader = self._new_reader()
        reader.outputs = _GivenOutputs(outputs)
        return _plain(reader.complete(unit / CONFIG_NAME).inputs or {})

    def module_folder(self, unit: Path) -> Path:
        """Return the folder of the unit's module.

        Raises ConfigurationError for a unit whose ``source`` is not a local folder.
        """
        return self._local_source(self._config(unit))[1].resolve()

    def resources(self, unit: Path) -> tuple[ResourceBlock, ...]:
        """Return the resource blocks that Terraform reads: of the module and of generated files.

        Modules that the module calls are not read. Raises ConfigurationError for a unit whose
        ``source`` is not a local folder, and for files that are not HCL.
        """
        config = self._config(unit)
        source, _ = self._local_source(config)
        files = self._preparation.files_of(config, source)
        prefix = f"{source.subfolder}/" if source.subfolder else ""
        names = [name for name in files if name.startswith(prefix)]
        return resource_blocks({name.removeprefix(prefix): _content(files[name]) for name in names})

    @property
    def _preparation(self) -> Preparation:
        return Preparation(self._reader, Roles(self._environment), None)

    def _new_reader(self) -> Reader:
        return Reader(Settings(self._environment, Path.cwd()))

    def _config(self, unit: Path) -> Config:
        return self._reader.without_outputs(unit / CONFIG_NAME)

    def _local_source(self, config: Config) -> tuple[ModuleSource, Path]:
        source = self._preparation.source_of(config)
        if source is None or source.root is None:
            raise ConfigurationError("its module is not a local folder", file=config.file)
        return source, source.root / source.subfolder


class StateStore:
    """Reads states in S3 without Terraform, in an environment.

    Backends are given as the settings of Terraform's S3 backend block. Every method raises
    IdentityError for missing or refused credentials, and StateError if S3 cannot be used.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._states = S3States(dict(environment))

    def outputs(self, backend: Mapping[str, Any]) -> dict[str, StateOutput]:
        """Return the outputs by name; empty if there is no state."""
        return {
            name: StateOutput(output["value"], bool(output.get("sensitive")))
            for name, output in (self._states.outputs(backend) or {}).items()
        }

    def lock(self, backend: Mapping[str, Any]) -> StateLock | None:
        """Return the lock of a state that uses ``use_lockfile``; None if it is not locked."""
        body = self._states.read({**backend, "key": f"{backend['key']}.tflock"})
        return None if body is None else StateLock.from_lock_file(body)

    def bucket_exists(self, backend: Mapping[str, Any]) -> bool:
        return bucket.exists(self._states, backend)

    def bootstrap(
        self, backend: Mapping[str, Any], *, update: bool = True, owner: str | None = None
    ) -> BootstrapResult:
        """Create the state bucket unless it exists.

        With ``update``, an existing bucket gets the settings that it lacks. ``owner`` is the
        account that must own the bucket.
        """
        return bucket.bootstrap(self._states, backend, update=update, owner=owner)


def resource_blocks(files: Mapping[str, bytes]) -> tuple[ResourceBlock, ...]:
    """Return the resource blocks of the ``.tf`` files of one folder, by file name.

    Override files are merged last, in the order of their names (Terraform's documentation,
    "Override Files"). Raises ConfigurationError for a file that is not HCL.
    """
    blocks: dict[str, ResourceBlock] = {}
    names = [name for name in files if name.endswith(".tf") and "/" not in name]
    for name in sorted(names, key=lambda name: (_is_override(name), name)):
        for block in parse(files[name], Path(name)).blocks:
            if block.type == "resource":
                address = ".".join(block.labels)
                blocks[address] = _merged(blocks.get(address, ResourceBlock(address)), block)
    return tuple(blocks.values())


class _GivenOutputs:
    def __init__(self, outputs: Mapping[str, Mapping[str, Any]]) -> None:
        self._outputs = outputs

    def of(self, config: Config) -> dict[str, Value]:
        return {
            dependency.name: {"outputs": dict(self._outputs[dependency.name])}
            for dependency in config.dependencies
        }


def _plain(value: Mapping[str, Value]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(to_json(value))
    return plain


def _content(content: Path | bytes) -> bytes:
    return content.read_bytes() if isinstance(content, Path) else content


def _is_override(name: str) -> bool:
    return name == "override.tf" or name.endswith("_override.tf")


def _merged(before: ResourceBlock, block: Block) -> ResourceBlock:
    names = {*before.names, *block.body.attributes}
    prevent_destroy = before.prevent_destroy
    for inner in block.body.blocks:
        names.add(inner.labels[0] if inner.type == "dynamic" else inner.type)
        if inner.type == "lifecycle" and "prevent_destroy" in inner.body.attributes:
            value = inner.body.attributes["prevent_destroy"].expression
            prevent_destroy = isinstance(value, Literal) and value.value is True
    return ResourceBlock(before.address, frozenset(names), prevent_destroy)
