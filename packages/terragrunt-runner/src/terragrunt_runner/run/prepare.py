"""A unit made ready for Terraform: its folder, its environment, and what its init would be."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.cli.log import Log
from terragrunt_runner.config.backend_block import generated_backend, init_arguments
from terragrunt_runner.config.model import Config, GeneratedFile
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.language.parser import parse
from terragrunt_runner.language.serialise import to_json
from terragrunt_runner.language.values import is_null
from terragrunt_runner.run import arguments, init_stamp, working_folder
from terragrunt_runner.run.credentials import Roles
from terragrunt_runner.run.init import Initialisation
from terragrunt_runner.run.module_source import ModuleSource, clone, resolve
from terragrunt_runner.run.processes import Command
from terragrunt_runner.run.working_folder import LOCK_FILE, CopyRules, Wanted

_VARIABLE = re.compile(rb'^\s*variable\s+"?([\w-]+)"?', re.MULTILINE)
_NULLS = ".terragrunt-null-vars.auto.tfvars.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """``folder`` is where Terraform runs; ``environment`` is the whole of what it gets."""

    config: Config
    folder: Path
    terraform: str
    environment: Mapping[str, str]
    initialisation: Initialisation

    def keep_lock_file(self) -> None:
        """Copy the lock file that init wrote back beside the unit, unless that is disabled."""
        terraform = self.config.terraform
        if terraform and terraform.copy_terraform_lock_file is False:
            return
        made, kept = self.folder / LOCK_FILE, self.config.folder / LOCK_FILE
        if made == kept or not made.is_file():
            return
        if not kept.is_file() or kept.read_bytes() != made.read_bytes():
            shutil.copyfile(made, kept)


@dataclass(frozen=True, slots=True)
class Preparation:
    reader: Reader
    roles: Roles
    tf_path: str | None

    def prepare(
        self,
        config: Config,
        command: str,
        log: Log,
        *,
        debug: bool = False,
        gently: bool = False,
    ) -> Prepared:
        """Bring the working folder up to date and work out the environment.

        ``gently`` runs let every other process go first.

        Raises TerrariumError for a source that is not there, a generate block that may not
        write, or a role that cannot be assumed.
        """
        folder, given_lock = self._folder(config)
        terraform = self.tf_path or config.terraform_binary or "terraform"
        environment = self.environment(config, command)
        self._write_nulls(config, folder)
        if debug:
            _write_debug(config, folder, log)
        extra = arguments.extra_arguments(config, "init")
        init = Initialisation(
            Command((terraform,), folder, environment, gently=gently),
            (*init_arguments(config.remote_state), *extra),
            given_lock,
        )
        return Prepared(config, folder, terraform, environment, init)

    def source_of(self, config: Config) -> ModuleSource | None:
        """None where the unit's folder is itself the module."""
        text = self.reader.settings.source or (config.terraform and config.terraform.source)
        if not text or config.terraform is None:
            return None
        if self.reader.settings.source:
            text = _with_subfolder(text, config.terraform.source or "")
        return resolve(text, config.folder, config.terraform.place)

    def _folder(self, config: Config) -> tuple[Path, str]:
        """The working folder, written; and the digest of the lock file it is given."""
        generated = dict(config.generate)
        backend = generated_backend(config.remote_state) if config.remote_state else None
        if backend is not None:
            generated["remote_state backend"] = backend
        source = self.source_of(config)
        if source is None:
            working_folder.generate_in_place(config.folder, generated)
            return config.folder, ""
        download = self.reader.download_dir(config)
        target = source.download_root(download, config.folder)
        wanted = self._wanted(config, source, download, generated)
        lock = wanted.get(str(Path(source.subfolder) / LOCK_FILE))
        given = _digest(lock)
        folder = target / source.subfolder
        keep = init_stamp.keeps_lock(folder, given)
        working_folder.write(target, wanted, keep_lock=keep)
        return folder, given

    def _wanted(
        self,
        config: Config,
        source: ModuleSource,
        download: Path,
        generated: Mapping[str, GeneratedFile],
    ) -> Wanted:
        rules = CopyRules.of(config.terraform)
        root = source.root
        if root is None:
            root = source.clone_folder(download)
            clone(source, root, anew=self.reader.settings.source_update)
        wanted = working_folder.files_of(root, rules, skip=download)
        own = working_folder.files_of(config.folder, rules, skip=download)
        prefix = f"{source.subfolder}/" if source.subfolder else ""
        wanted.update({prefix + name: path for name, path in own.items()})
        return working_folder.with_generated(wanted, source.subfolder, generated)

    def environment(self, config: Config, command: str) -> dict[str, str]:
        """Everything a command of this unit sees: ours, the role's, and the unit's inputs."""
        base = dict(self.reader.settings.environment)
        base.update(self.roles.environment(config))
        base.update(arguments.extra_environment(config, command))
        inputs = {k: None if is_null(v) else v for k, v in (config.inputs or {}).items()}
        base.update(arguments.input_variables(inputs, base, to_json))
        return base

    def _write_nulls(self, config: Config, folder: Path) -> None:
        """Null has no ``TF_VAR_``: it reaches Terraform in a file of the working folder."""
        path = folder / _NULLS
        nulls = {name for name, value in (config.inputs or {}).items() if is_null(value)}
        nulls &= _variable_names(folder) if nulls else set()
        if not nulls:
            path.unlink(missing_ok=True)
            return
        text = json.dumps(dict.fromkeys(sorted(nulls)))
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def declared_variables(module: Path) -> dict[str, bool]:
    """Variables of a module by name, and whether each has a default."""
    found: dict[str, bool] = {}
    for path in sorted(module.glob("*.tf")):
        for block in parse(path.read_bytes(), path).blocks:
            if block.type == "variable" and block.labels:
                found[block.labels[0]] = "default" in block.body.attributes
    return found


def _variable_names(folder: Path) -> set[str]:
    # Parsing would cost each run what only a rare null input needs.
    return {
        name.decode()
        for path in folder.glob("*.tf")
        for name in _VARIABLE.findall(path.read_bytes())
    }


def _with_subfolder(flag: str, source: str) -> str:
    """``--source`` replaces what stands before the double slash."""
    _, slashes, subfolder = source.removeprefix("git::").partition("//")
    return flag if "//" in flag or not slashes else f"{flag.rstrip('/')}//{subfolder}"


def _write_debug(config: Config, folder: Path, log: Log) -> None:
    declared = _variable_names(folder)
    inputs = {k: v for k, v in (config.inputs or {}).items() if k in declared}
    path = config.folder / "terragrunt-debug.tfvars.json"
    path.write_text(to_json(inputs) + "\n", "utf-8")
    log.info(f"Variables passed to Terraform are in {path}")


def _digest(content: Path | bytes | None) -> str:
    if content is None:
        return ""
    data = content.read_bytes() if isinstance(content, Path) else content
    return hashlib.sha256(data).hexdigest()
