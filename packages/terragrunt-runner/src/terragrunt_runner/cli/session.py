"""The objects of one invocation, built from its command line and environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.cli import log as logs
from terragrunt_runner.cli.command_line import Invocation
from terragrunt_runner.cli.log import Log
from terragrunt_runner.config.model import CONFIG_NAME, Settings
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError, UsageError
from terragrunt_runner.run.arguments import RunMode
from terragrunt_runner.run.iam_role import Role, Roles
from terragrunt_runner.run.processes import Processes
from terragrunt_runner.run.run_all import QueueOptions
from terragrunt_runner.run.terraform import TerraformVersions
from terragrunt_runner.run.unit import RunOptions, UnitRunner
from terragrunt_runner.state.dependency_outputs import DependencyOutputs
from terragrunt_runner.state.s3_backend import S3States
from terragrunt_runner.tree.discovery import discover
from terragrunt_runner.tree.run_queue import UnitSelection


@dataclass(frozen=True, slots=True)
class Session:
    """``folder`` is the working folder; ``unit`` is the file of ``--config``, or the folder's."""

    invocation: Invocation
    folder: Path
    unit: Path
    environment: Mapping[str, str]
    log: Log
    reader: Reader
    runner: UnitRunner

    @property
    def terraform(self) -> str:
        return self.runner.options.tf_path or "terraform"

    def unit_file(self) -> Path:
        """Return the unit's file. Raises UsageError if the folder is not a unit."""
        if not self.unit.is_file():
            raise UsageError(
                f"there is no {CONFIG_NAME} in {self.folder}",
                hint="go to a unit's folder, or add --all to run in every unit below this one",
            )
        return self.unit

    def unit_files(self) -> list[Path]:
        """Return the one unit or, with ``--all``, every unit below the folder."""
        if self.invocation.switch("all"):
            return list(discover(self.folder, self.reader).units)
        return [self.unit_file()]

    def selection(self) -> UnitSelection:
        """Return the flags that select units. Raises UsageError for an unreadable file."""
        invocation = self.invocation
        exclude = invocation.items("queue_exclude_dir")
        excludes_file = invocation.text("queue_excludes_file")
        if excludes_file:
            exclude = (*exclude, *_lines(self.folder / excludes_file))
        return UnitSelection(
            include=invocation.items("queue_include_dir"),
            exclude=exclude,
            filters=invocation.items("filter"),
            reading=invocation.items("queue_include_units_reading"),
            including=invocation.items("units_that_include"),
            strict_include=invocation.switch("queue_strict_include"),
            include_external=invocation.switch("queue_include_external")
            and not invocation.switch("queue_exclude_external"),
        )

    def queue_options(self) -> QueueOptions:
        """Return the flags of a queue. Raises UsageError for a parallelism below one."""
        parallelism = self.invocation.number("parallelism")
        if parallelism is not None and parallelism < 1:
            raise UsageError(f"--parallelism is 1 or more, not {parallelism}")
        return QueueOptions(
            parallelism=parallelism or os.cpu_count() or 1,
            ignore_errors=self.invocation.switch("queue_ignore_errors"),
            ignore_order=self.invocation.switch("queue_ignore_dag_order"),
            fail_fast=self.invocation.switch("fail_fast"),
        )


def open_session(invocation: Invocation, environment: Mapping[str, str]) -> Session:
    """Build the session. Raises UsageError for a missing folder and for invalid flags."""
    folder = _working_dir(invocation, environment)
    # --log-disable still shows Terraform's output.
    log = logs.create(
        "stdout" if invocation.switch("log_disable") else invocation.text("log_level"),
        invocation.text("log_format"),
        invocation.switch("no_color"),
        environment,
    )
    # Mocks that are allowed for validate are also used to compare inputs with variables.
    command = "validate" if invocation.command == ("hcl", "validate") else ""
    if invocation.command == ("run",):
        command = invocation.terraform_command
    environment = _with_provider_cache(invocation, environment)
    settings = Settings(
        environment=environment,
        working_dir=folder,
        command=command,
        arguments=invocation.terraform,
        features=_features(invocation.items("feature")),
        source=invocation.text("source") or "",
        source_update=invocation.switch("source_update"),
        download_dir=invocation.text("download_dir"),
        experiments=frozenset(invocation.items("experiment")),
        render=invocation.command == ("render",),
    )
    reader = Reader(settings, lambda line: log.info(f"run_cmd: {line}"))
    states = S3States(environment)
    roles = Roles(environment, _role(invocation))
    versions = TerraformVersions(environment)
    runner = UnitRunner(reader, states, roles, Processes(), _run_options(invocation), log, versions)
    outputs = DependencyOutputs(
        reader,
        states,
        roles,
        runner.output_json,
        command,
        from_state=not invocation.switch("no_dependency_fetch_output_from_state"),
    )
    reader.outputs = runner.outputs = outputs
    return Session(invocation, folder, _unit(invocation, folder), environment, log, reader, runner)


def _working_dir(invocation: Invocation, environment: Mapping[str, str]) -> Path:
    given = invocation.text("working_dir")
    # PWD keeps symbolic links in the path, as a shell does.
    current = Path.cwd()
    pwd = Path(environment.get("PWD") or current)
    if pwd.is_dir() and pwd.samefile(current):
        current = pwd
    folder = Path(os.path.normpath(current / given)) if given else current
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    return folder


def _unit(invocation: Invocation, folder: Path) -> Path:
    given = invocation.text("config")
    unit = Path(os.path.normpath(folder / (given or CONFIG_NAME)))
    if given and not unit.is_file():
        raise ConfigurationError("there is no such file", file=unit)
    return unit


def _features(items: tuple[str, ...]) -> dict[str, str]:
    features: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError(f"--feature takes name=value, not {item!r}")
        features[name.strip()] = value
    return features


def _role(invocation: Invocation) -> Role | None:
    arn = invocation.text("iam_assume_role")
    if arn is None:
        return None
    role = Role(arn, session=invocation.text("iam_assume_role_session_name"))
    seconds = invocation.number("iam_assume_role_duration")
    return role if seconds is None else Role(arn, seconds, role.session)


def _run_options(invocation: Invocation) -> RunOptions:
    mode = RunMode(
        many=invocation.switch("all") or invocation.switch("graph"),
        non_interactive=invocation.switch("non_interactive"),
        no_color=invocation.switch("no_color"),
        auto_approve=not invocation.switch("no_auto_approve"),
    )
    return RunOptions(
        mode=mode,
        tf_path=invocation.text("tf_path"),
        auto_init=not invocation.switch("no_auto_init"),
        auto_retry=not invocation.switch("no_auto_retry"),
        forward_stdout=invocation.switch("tf_forward_stdout"),
        hooks=not invocation.switch("no_hooks"),
        inputs_debug=invocation.switch("inputs_debug"),
        bootstrap=invocation.switch("backend_bootstrap"),
        require_bootstrap=invocation.switch("backend_require_bootstrap"),
        update_bucket=not invocation.switch("disable_bucket_update"),
    )


def _with_provider_cache(
    invocation: Invocation, environment: Mapping[str, str]
) -> Mapping[str, str]:
    """``--provider-cache`` sets Terraform's plugin cache; inits then run one at a time."""
    if not invocation.switch("provider_cache") or environment.get("TF_PLUGIN_CACHE_DIR"):
        return environment
    given = invocation.text("provider_cache_dir")
    base = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    cache = Path(given) if given else Path(base) / "terragrunt" / "providers"
    cache.mkdir(parents=True, exist_ok=True)
    return {**environment, "TF_PLUGIN_CACHE_DIR": str(cache)}


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
