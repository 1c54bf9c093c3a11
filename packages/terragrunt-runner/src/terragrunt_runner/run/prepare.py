"""Preparation of a unit for Terraform: working folder, environment, and its init."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.cli.log import Log
from terragrunt_runner.config.model import Config, GeneratedFile
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.config.remote_state import generated_backend, init_arguments
from terragrunt_runner.language.parser import parse
from terragrunt_runner.language.serialise import to_json
from terragrunt_runner.language.values import is_null
from terragrunt_runner.run import arguments, working_folder
from terragrunt_runner.run.iam_role import Roles
from terragrunt_runner.run.init import Init, keeps_lock
from terragrunt_runner.run.module_source import ModuleSource, clone, resolve
from terragrunt_runner.run.processes import Command
from terragrunt_runner.run.working_folder import LOCK_FILE, CopyRules, Files

_VARIABLE = re.compile(rb'^\s*variable\s+"?([\w-]+)"?', re.MULTILINE)
_NULL_INPUTS = ".terragrunt-null-vars.auto.tfvars.json"


@dataclass(frozen=True, slots=True)
class PreparedUnit:
    """``folder`` is Terraform's working folder; ``environment`` is its whole environment."""

    config: Config
    folder: Path
    terraform: str
    environment: Mapping[str, str]
    init: Init

    def save_lock_file(self) -> None:
        """Copy the lock file that init wrote to the unit's folder, unless that is disabled."""
        terraform = self.config.terraform
        if terraform and terraform.copy_terraform_lock_file is False:
            return
        made, saved = self.folder / LOCK_FILE, self.config.folder / LOCK_FILE
        if made == saved or not made.is_file():
            return
        if not saved.is_file() or saved.read_bytes() != made.read_bytes():
            shutil.copyfile(made, saved)


@dataclass(frozen=True, slots=True)
class Preparation:
    """``tf_path`` is Terraform's binary of the command line."""

    reader: Reader
    roles: Roles
    tf_path: str | None

    def prepare(
        self, config: Config, command: str, log: Log, *, inputs_debug: bool = False
    ) -> PreparedUnit:
        """Update the working folder and build the environment.

        Raises RunnerError for a source that does not exist, a generate block that may not write,
        or a role that cannot be assumed.
        """
        folder, source_lock = self._working_folder(config)
        terraform = self.tf_path or config.terraform_binary or "terraform"
        environment = self.environment(config, command)
        _write_null_inputs(config, folder)
        if inputs_debug:
            _write_inputs(config, folder, log)
        extra = arguments.extra_arguments(config, "init")
        init = Init(
            Command((terraform,), folder, environment),
            (*init_arguments(config.remote_state), *extra),
            source_lock,
        )
        return PreparedUnit(config, folder, terraform, environment, init)

    def environment(self, config: Config, command: str) -> dict[str, str]:
        """Return the environment of a command: the runner's, the role's, and the inputs."""
        environment = dict(self.reader.settings.environment)
        environment.update(self.roles.credentials(config))
        environment.update(arguments.extra_environment(config, command))
        inputs = {k: None if is_null(v) else v for k, v in (config.inputs or {}).items()}
        environment.update(arguments.input_variables(inputs, environment, to_json))
        return environment

    def source_of(self, config: Config) -> ModuleSource | None:
        """Return the module source; None if the unit's folder is the module."""
        if config.terraform is None:
            return None
        flag, source = self.reader.settings.source, config.terraform.source
        text = _with_subfolder(flag, source or "") if flag else source
        return resolve(text, config.folder, config.terraform.place) if text else None

    def files_of(self, config: Config, source: ModuleSource) -> Files:
        """Return the files of the working folder by path relative to its root.

        A git source is cloned. Raises RunnerError.
        """
        download = self.reader.download_dir(config)
        rules = CopyRules.of(config.terraform)
        root = source.root
        if root is None:
            root = source.clone_folder(download)
            settings = self.reader.settings
            clone(source, root, settings.environment, update=settings.source_update)
        files = working_folder.files_of(root, rules, skip=download)
        unit_files = working_folder.files_of(config.folder, rules, skip=download)
        prefix = f"{source.subfolder}/" if source.subfolder else ""
        files.update({prefix + name: path for name, path in unit_files.items()})
        return working_folder.with_generated(files, source.subfolder, _generated(config))

    def _working_folder(self, config: Config) -> tuple[Path, str]:
        """Write the working folder. Returns it and the digest of the lock file in its source."""
        source = self.source_of(config)
        if source is None:
            working_folder.generate_in_place(config.folder, _generated(config))
            return config.folder, ""
        files = self.files_of(config, source)
        target = source.download_root(self.reader.download_dir(config), config.folder)
        folder = target / source.subfolder
        source_lock = _digest(files.get(str(Path(source.subfolder) / LOCK_FILE)))
        working_folder.write(target, files, keep_lock=keeps_lock(folder, source_lock))
        return folder, source_lock


def declared_variables(module: Path) -> dict[str, bool]:
    """Return the variables of a module by name; True if the variable has a default."""
    variables: dict[str, bool] = {}
    for path in sorted(module.glob("*.tf")):
        for block in parse(path.read_bytes(), path).blocks:
            if block.type == "variable" and block.labels:
                variables[block.labels[0]] = "default" in block.body.attributes
    return variables


def _generated(config: Config) -> dict[str, GeneratedFile]:
    generated = dict(config.generate)
    backend = generated_backend(config.remote_state) if config.remote_state else None
    if backend is not None:
        generated["remote_state backend"] = backend
    return generated


def _with_subfolder(flag: str, source: str) -> str:
    """``--source`` replaces the part of the source before the double slash."""
    _, slashes, subfolder = source.removeprefix("git::").partition("//")
    return flag if "//" in flag or not slashes else f"{flag.rstrip('/')}//{subfolder}"


def _write_null_inputs(config: Config, folder: Path) -> None:
    """Write inputs that are null to a file: a ``TF_VAR_…`` variable cannot hold null."""
    path = folder / _NULL_INPUTS
    nulls = {name for name, value in (config.inputs or {}).items() if is_null(value)}
    nulls &= _variable_names(folder) if nulls else set()
    if not nulls:
        path.unlink(missing_ok=True)
        return
    text = json.dumps(dict.fromkeys(sorted(nulls)))
    if not path.is_file() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def _write_inputs(config: Config, folder: Path, log: Log) -> None:
    declared = _variable_names(folder)
    inputs = {k: v for k, v in (config.inputs or {}).items() if k in declared}
    path = config.folder / "terragrunt-debug.tfvars.json"
    path.write_text(to_json(inputs) + "\n", "utf-8")
    log.info(f"Variables passed to Terraform are in {path}")


def _variable_names(folder: Path) -> set[str]:
    """Return the names of a module's variables, without parsing its files."""
    return {
        name.decode()
        for path in folder.glob("*.tf")
        for name in _VARIABLE.findall(path.read_bytes())
    }


def _digest(content: Path | bytes | None) -> str:
    """Return the hex SHA-256 of a file to be copied; '' if there is none."""
    if content is None:
        return ""
    data = content.read_bytes() if isinstance(content, Path) else content
    return hashlib.sha256(data).hexdigest()
