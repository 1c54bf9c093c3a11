"""One Terraform command in one unit: working folder, init, hooks, Terraform, retries.

The order is Terragrunt's: files are copied and generated, then ``init`` runs if it is needed, then
the hooks and the command itself.
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
from terragrunt_runner.run.arguments import Manner
from terragrunt_runner.run.attempts import Attempts, Ended, last_words, pause
from terragrunt_runner.run.credentials import Roles
from terragrunt_runner.run.hooks import HookRun, failed_hooks
from terragrunt_runner.run.init import one_at_a_time
from terragrunt_runner.run.prepare import Preparation, Prepared
from terragrunt_runner.run.processes import Children, Command, Finished
from terragrunt_runner.run.terraform_text import first_error, last_line
from terragrunt_runner.run.terraform_version import TerraformVersions
from terragrunt_runner.state import bucket as state_bucket
from terragrunt_runner.state import lock as state_lock
from terragrunt_runner.state.outputs import DependencyOutputs
from terragrunt_runner.state.s3_backend import S3States

_RAW_COMMANDS = ("console", "graph", "output", "state", "version")
_RAW_FLAGS = ("-json", "-version", "-help", "-h")
_CHANGES_OUTPUTS = ("apply", "destroy", "import", "refresh", "state")


@dataclass(frozen=True, slots=True)
class Options:
    """How units are run; the same for all of a run."""

    manner: Manner = field(default_factory=Manner)
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
class Units:
    """Runs commands in units; safe for many threads."""

    reader: Reader
    states: S3States
    roles: Roles
    children: Children
    options: Options
    log: Log
    versions: TerraformVersions
    outputs: DependencyOutputs | None = None

    def run(self, unit: Path, words: Sequence[str], log: Log, *, gently: bool = False) -> Ended:
        """Run one command to its end, retrying and ignoring errors as the unit says.

        ``gently`` lets other processes go first.
        Raises RunnerError for what keeps Terraform from running at all.
        """
        config = self.reader.complete(unit)
        self._check(config, words)
        prepared = self.prepare(config, words, log, gently=gently)
        if words[0] == "init":
            return self._run(prepared, words, log)
        if words[0] not in ("fmt", "version", "login", "logout"):
            self._initialise(prepared, log)
        ended = self._run(prepared, words, log)
        if words[0] in _CHANGES_OUTPUTS and self.outputs is not None:
            self.outputs.forget(unit)
        return ended

    def prepare(
        self, config: Config, words: Sequence[str], log: Log, *, gently: bool = False
    ) -> Prepared:
        """The unit's working folder and environment, brought up to date."""
        preparation = Preparation(self.reader, self.roles, self.options.tf_path)
        debug = self.options.inputs_debug
        return preparation.prepare(config, words[0], log, debug=debug, gently=gently)

    def initialise_ahead(self, unit: Path) -> None:
        """Run the init of a unit whose dependencies may have no outputs yet, if it is needed.

        A unit with hooks on init is left alone: they may count on those dependencies.
        """
        config = self.reader.ahead(unit)
        terraform = config.terraform
        hooks = (*terraform.before_hooks, *terraform.after_hooks) if terraform else ()
        options = self.options
        if options.bootstrap or not options.auto_init or any("init" in h.commands for h in hooks):
            return
        prepared = self.prepare(config, ("init",), self.log, gently=True)
        if not prepared.initialisation.is_done():
            prepared.initialisation.run(self.children, lambda _: None)
            prepared.keep_lock_file()

    def output_json(self, unit: Path) -> dict[str, Any]:
        """``terraform output -json`` of a unit whose state cannot be read directly."""
        config = self.reader.complete(unit)
        log = self.log.for_unit(self.log.prefix)
        prepared = self.prepare(config, ("output",), log)
        self._initialise(prepared, log)
        command = Command(
            (prepared.terraform, "output", "-json", "-no-color"),
            prepared.folder,
            prepared.environment,
        )
        done = self.children.run(command, whole=True)
        if done.code:
            raise StateError(
                f"cannot read the outputs of {config.folder}: {last_words(done)}",
                hint=f"terragrunt output --working-dir {config.folder}",
            )
        start = done.stdout.find("{")
        found, _ = json.JSONDecoder().raw_decode(done.stdout[max(start, 0) :] or "{}")
        return dict(found)

    def _check(self, config: Config, words: Sequence[str]) -> None:
        if config.prevent_destroy and arguments.is_destroy(words):
            raise ConfigurationError(
                "this unit is protected by prevent_destroy",
                file=config.file,
                hint="remove prevent_destroy from the unit, if it must go",
            )
        terraform = self.options.tf_path or config.terraform_binary or "terraform"
        self.versions.check(config, terraform, self.children)

    def _initialise(self, prepared: Prepared, log: Log) -> None:
        init = prepared.initialisation
        if init.is_done():
            return
        if not self.options.auto_init:
            log.warn("init is needed, but --no-auto-init is set")
            return
        self._bootstrap(prepared.config, log)
        hooks = self._hook_run(prepared, "init", log)
        terraform = prepared.config.terraform
        failures = hooks.run(terraform.before_hooks, []) if terraform and self.options.hooks else []
        if failures:
            raise failed_hooks(failures)
        for attempt in range(1, 4):
            try:
                init.run(self.children, lambda line: log.terraform(Level.INFO, line))
                break
            except RunnerError as error:
                transient = matches_any(arguments.DEFAULT_RETRYABLE_ERRORS, error.message)
                if not (transient and self.options.auto_retry) or attempt == 3:
                    raise _explained(error, prepared) from None
                log.warn(f"init met a transient error; attempt {attempt + 1} of 3 follows")
                pause(self.children, 5)
        if terraform and self.options.hooks:
            failures = hooks.run(terraform.after_hooks, [])
            if failures:
                raise failed_hooks(failures)
        prepared.keep_lock_file()

    def _bootstrap(self, config: Config, log: Log) -> None:
        state = config.remote_state
        if state is None or state.backend != "s3" or state.disable_init:
            return
        bucket = state.config.get("bucket")
        if self.options.bootstrap:
            update = self.options.update_bucket
            if state_bucket.bootstrap(self.states, state.config, update=update).made:
                log.info(f"Created the state bucket {bucket}")
        elif self.options.require_bootstrap and not state_bucket.exists(self.states, state.config):
            raise StateError(
                f"the state bucket {bucket} does not exist",
                hint="terragrunt backend bootstrap, or add --backend-bootstrap",
            )

    def _run(self, prepared: Prepared, words: Sequence[str], log: Log) -> Ended:
        terraform = prepared.config.terraform
        hooks = self._hook_run(prepared, words[0], log)
        use_hooks = terraform is not None and self.options.hooks
        if words[0] == "init":
            self._bootstrap(prepared.config, log)
        failures = hooks.run(terraform.before_hooks, []) if terraform and use_hooks else []
        ended: Ended | None = None
        if not failures:
            attempts = Attempts(self.children, log, self.options.auto_retry)
            ended, failures = attempts.run(
                prepared, words, lambda: self._terraform(prepared, words, log)
            )
        if terraform and use_hooks:
            failures += hooks.run(terraform.after_hooks, failures)
            failures += hooks.run_error_hooks(terraform.error_hooks, failures)
        if ended is None:
            raise failed_hooks(failures)
        if failures and ended.code in (0, 2) and not ended.reason:
            raise failed_hooks(failures)
        if words[0] == "init" and ended.code == 0:
            prepared.initialisation.record()
            prepared.keep_lock_file()
        return ended

    def _terraform(self, prepared: Prepared, words: Sequence[str], log: Log) -> Finished:
        manner = self.options.manner
        line = arguments.terraform_arguments(prepared.config, words, manner)
        if words[0] == "init":
            own = [a for a in prepared.initialisation.arguments if a not in line]
            line = (line[0], *own, *line[1:])
            prepared.initialisation.forget()
        command = Command(
            (prepared.terraform, *line),
            prepared.folder,
            prepared.environment,
            answers=not (manner.many or manner.non_interactive),
            gently=prepared.initialisation.command.gently,
        )
        if words[0] == "console":
            return Finished(self.children.attached(command), "", "")
        raw = self._is_raw(words)
        binary = Path(prepared.terraform).name

        def show_stdout(text: str) -> None:
            if raw:
                log.raw(text, stdout=True)
            else:
                log.terraform(Level.STDOUT, text, binary)

        shared = one_at_a_time(prepared.environment) if words[0] == "init" else nullcontext()
        with shared:
            return self.children.run(
                command,
                on_stdout=show_stdout,
                on_stderr=lambda text: log.terraform(Level.STDERR, text, binary),
            )

    def _is_raw(self, words: Sequence[str]) -> bool:
        flags = {word.partition("=")[0].replace("--", "-", 1) for word in words[1:]}
        return (
            self.options.forward_stdout
            or words[0] in _RAW_COMMANDS
            or not flags.isdisjoint(_RAW_FLAGS)
        )

    def _hook_run(self, prepared: Prepared, command: str, log: Log) -> HookRun:
        return HookRun(
            self.children,
            log,
            prepared.terraform,
            command,
            prepared.folder,
            prepared.config.folder,
            dict(prepared.environment),
        )


def _explained(error: RunnerError, prepared: Prepared) -> RunnerError:
    """A failed init, in one line where its cause is a common one."""
    lock = state_lock.find(error.message)
    if lock is not None:
        return lock.error(prepared.config.folder.name, str(prepared.config.folder))
    if "NoSuchBucket" in error.message:
        return StateError(
            f"{prepared.config.folder}: the state bucket does not exist",
            hint="terragrunt backend bootstrap, or add --backend-bootstrap",
        )
    first = first_error(error.message) or last_line(error.message)
    return type(error)(f"terraform init failed in {prepared.config.folder}: {first}")
