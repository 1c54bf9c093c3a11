"""One Terraform command in one unit: working folder, init, hooks, Terraform, retries.

The order is Terragrunt's: files are copied and generated, ``init`` runs if it is needed, then the
hooks and the command.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terragrunt_runner.cli.log import Level, Log
from terragrunt_runner.config.model import Config
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError, RunnerError, StateError
from terragrunt_runner.functions.regular_expressions import matches_any
from terragrunt_runner.run import arguments
from terragrunt_runner.run.arguments import RunMode
from terragrunt_runner.run.hooks import HookRunner, raise_if_failed
from terragrunt_runner.run.iam_role import Roles
from terragrunt_runner.run.init import one_at_a_time
from terragrunt_runner.run.prepare import Preparation, PreparedUnit
from terragrunt_runner.run.processes import Command, Processes, ProcessResult
from terragrunt_runner.run.retry import Outcome, Retries, pause
from terragrunt_runner.run.terraform import StateLock, TerraformVersions, summary
from terragrunt_runner.state import bucket as state_bucket
from terragrunt_runner.state.dependency_outputs import DependencyOutputs
from terragrunt_runner.state.s3_backend import S3States

_WITHOUT_INIT = ("fmt", "version", "login", "logout")
_RAW_COMMANDS = ("console", "graph", "output", "state", "version")
_RAW_FLAGS = ("-json", "-version", "-help", "-h")
_CHANGES_OUTPUTS = ("apply", "destroy", "import", "refresh", "state")
_INIT_ATTEMPTS = 3
_INIT_PAUSE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Flags of a run; the same for all of its units."""

    mode: RunMode = field(default_factory=RunMode)
    tf_path: str | None = None
    auto_init: bool = True
    auto_retry: bool = True
    forward_stdout: bool = False
    hooks: bool = True
    inputs_debug: bool = False
    bootstrap: bool = False
    require_bootstrap: bool = False
    update_bucket: bool = True


@dataclass(slots=True)
class UnitRunner:
    """Runs commands in units. Thread-safe. ``outputs`` is set once, after construction."""

    reader: Reader
    states: S3States
    roles: Roles
    processes: Processes
    options: RunOptions
    log: Log
    versions: TerraformVersions
    outputs: DependencyOutputs | None = None

    @property
    def preparation(self) -> Preparation:
        return Preparation(self.reader, self.roles, self.options.tf_path)

    def run(self, unit: Path, words: Sequence[str], log: Log) -> Outcome:
        """Run one command to its end; retry and ignore errors as the unit configures it.

        Raises RunnerError if Terraform cannot run at all.
        """
        config = self.reader.complete(unit)
        self._check(config, words)
        prepared = self.preparation.prepare(
            config, words[0], log, inputs_debug=self.options.inputs_debug
        )
        if words[0] == "init":
            return self._run(prepared, words, log)
        if words[0] not in _WITHOUT_INIT:
            self._auto_init(prepared, log)
        outcome = self._run(prepared, words, log)
        if words[0] in _CHANGES_OUTPUTS and self.outputs is not None:
            self.outputs.forget(unit)
        return outcome

    def output_json(self, unit: Path) -> dict[str, Any]:
        """Return ``terraform output -json`` of a unit whose state cannot be read directly."""
        config = self.reader.complete(unit)
        prepared = self.preparation.prepare(config, "output", self.log)
        self._auto_init(prepared, self.log)
        command = Command(
            (prepared.terraform, "output", "-json", "-no-color"),
            prepared.folder,
            prepared.environment,
        )
        done = self.processes.run(command, whole=True)
        if done.code:
            raise StateError(
                f"cannot read the outputs of {config.folder}: "
                f"{summary(done.stderr or done.stdout)}",
                hint=f"terragrunt output --working-dir {config.folder}",
            )
        start = max(done.stdout.find("{"), 0)
        outputs, _ = json.JSONDecoder().raw_decode(done.stdout[start:] or "{}")
        return dict(outputs)

    def _check(self, config: Config, words: Sequence[str]) -> None:
        if config.prevent_destroy and arguments.is_destroy(words):
            raise ConfigurationError(
                "this unit is protected by prevent_destroy",
                file=config.file,
                hint="to destroy it, remove prevent_destroy from the unit",
            )
        terraform = self.options.tf_path or config.terraform_binary or "terraform"
        self.versions.check(config, terraform, self.processes)

    def _auto_init(self, prepared: PreparedUnit, log: Log) -> None:
        """Run init if it is needed and allowed, with its hooks."""
        if prepared.init.is_done():
            return
        if not self.options.auto_init:
            log.warn("init is needed, but --no-auto-init is set")
            return
        self._bootstrap(prepared.config, log)
        hooks = HookRunner(self.processes, log, prepared, "init")
        terraform = prepared.config.terraform if self.options.hooks else None
        if terraform:
            raise_if_failed(hooks.run(terraform.before_hooks))
        self._init_with_retries(prepared, log)
        if terraform:
            raise_if_failed(hooks.run(terraform.after_hooks))
        prepared.save_lock_file()

    def _init_with_retries(self, prepared: PreparedUnit, log: Log) -> None:
        for attempt in range(1, _INIT_ATTEMPTS + 1):
            try:
                prepared.init.run(self.processes, lambda line: log.terraform(Level.INFO, line))
            except RunnerError as error:
                transient = matches_any(arguments.DEFAULT_RETRYABLE_ERRORS, error.message)
                if not (transient and self.options.auto_retry) or attempt == _INIT_ATTEMPTS:
                    raise _init_error(error, prepared) from None
            else:
                return
            log.warn(f"init met a transient error; attempt {attempt + 1} of {_INIT_ATTEMPTS}")
            pause(self.processes, _INIT_PAUSE_SECONDS)

    def _bootstrap(self, config: Config, log: Log) -> None:
        """Create the state bucket, or check that it exists, if the flags ask for it."""
        state = config.remote_state
        if state is None or state.backend != "s3" or state.disable_init:
            return
        bucket = state.config.get("bucket")
        if self.options.bootstrap:
            update = self.options.update_bucket
            if state_bucket.bootstrap(self.states, state.config, update=update).created:
                log.info(f"Created the state bucket {bucket}")
        elif self.options.require_bootstrap and not state_bucket.exists(self.states, state.config):
            raise StateError(
                f"the state bucket {bucket} does not exist",
                hint="terragrunt backend bootstrap, or add --backend-bootstrap",
            )

    def _run(self, prepared: PreparedUnit, words: Sequence[str], log: Log) -> Outcome:
        """Run the hooks and the command."""
        terraform = prepared.config.terraform if self.options.hooks else None
        hooks = HookRunner(self.processes, log, prepared, words[0])
        if words[0] == "init":
            self._bootstrap(prepared.config, log)
        failures = hooks.run(terraform.before_hooks) if terraform else []
        outcome: Outcome | None = None
        if not failures:
            retries = Retries(self.processes, log, self.options.auto_retry)
            outcome, failures = retries.run(
                prepared, words, lambda: self._terraform(prepared, words, log)
            )
        if terraform:
            failures += hooks.run(terraform.after_hooks, failures)
            failures += hooks.run_error_hooks(terraform.error_hooks, failures)
        if outcome is None or (outcome.code in (0, 2) and not outcome.reason):
            raise_if_failed(failures)
        assert outcome is not None  # noqa: S101 - without one, a hook has failed
        if words[0] == "init" and outcome.code == 0:
            prepared.init.record()
            prepared.save_lock_file()
        return outcome

    def _terraform(self, prepared: PreparedUnit, words: Sequence[str], log: Log) -> ProcessResult:
        mode = self.options.mode
        line = arguments.terraform_arguments(prepared.config, words, mode)
        is_init = words[0] == "init"
        if is_init:
            added = [a for a in prepared.init.arguments if a not in line]
            line = (line[0], *added, *line[1:])
            prepared.init.forget()
        command = Command(
            (prepared.terraform, *line),
            prepared.folder,
            prepared.environment,
            reads_stdin=mode.can_ask,
        )
        if words[0] == "console":
            return ProcessResult(self.processes.run_attached(command), "", "")
        raw = self._is_raw(words)
        binary = Path(prepared.terraform).name

        def show_stdout(text: str) -> None:
            if raw:
                log.raw(text, stdout=True)
            else:
                log.terraform(Level.STDOUT, text, binary)

        with one_at_a_time(prepared.environment) if is_init else nullcontext():
            return self.processes.run(
                command,
                on_stdout=show_stdout,
                on_stderr=lambda text: log.terraform(Level.STDERR, text, binary),
            )

    def _is_raw(self, words: Sequence[str]) -> bool:
        """True if Terraform's stdout is data, which no log prefix may change."""
        return (
            self.options.forward_stdout
            or words[0] in _RAW_COMMANDS
            or any(arguments.has_flag(words[1:], flag) for flag in _RAW_FLAGS)
        )


def _init_error(error: RunnerError, prepared: PreparedUnit) -> RunnerError:
    """Return the error of a failed init in one line; for a common cause with its solution."""
    folder = prepared.config.folder
    lock = StateLock.from_output(error.message)
    if lock is not None:
        return lock.error(folder)
    if "NoSuchBucket" in error.message:
        return StateError(
            f"{folder}: the state bucket does not exist",
            hint="terragrunt backend bootstrap, or add --backend-bootstrap",
        )
    return type(error)(f"terraform init failed in {folder}: {summary(error.message)}")
