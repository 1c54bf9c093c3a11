"""Hooks: programs that run before and after a Terraform command, or when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from terragrunt_runner.cli.log import Level, Log
from terragrunt_runner.config.model import Hook
from terragrunt_runner.errors import TerraformError, ToolchainError
from terragrunt_runner.functions.regular_expressions import matches_any
from terragrunt_runner.run.prepare import PreparedUnit
from terragrunt_runner.run.processes import Command, Processes


@dataclass(frozen=True, slots=True)
class HookRunner:
    """Runs the hooks of one unit for one Terraform command.

    Hooks run in Terraform's working folder; ``working_dir`` of a hook is relative to the unit's.
    """

    processes: Processes
    log: Log
    prepared: PreparedUnit
    command: str

    def run(self, hooks: Sequence[Hook], failures: Sequence[str] = ()) -> list[str]:
        """Run the hooks of this command; after a failure only those with ``run_on_error``.

        Returns one sentence for each hook that failed.
        """
        failed: list[str] = []
        for hook in hooks:
            wanted = hook.condition and self.command in hook.commands
            if wanted and (hook.run_on_error or not (failures or failed)):
                failed.extend(self._run(hook))
        return failed

    def run_error_hooks(self, hooks: Sequence[Hook], failures: Sequence[str]) -> list[str]:
        """Run the error hooks whose patterns match a failure."""
        failed: list[str] = []
        text = "\n".join(failures)
        for hook in hooks:
            if self.command in hook.commands and matches_any(hook.on_errors, text):
                failed.extend(self._run(hook))
        return failed

    def _run(self, hook: Hook) -> list[str]:
        self.log.info(f"Executing hook: {hook.name}")
        folder = self.prepared.folder
        if hook.working_dir:
            folder = self.prepared.config.folder / hook.working_dir
        environment = {
            **self.prepared.environment,
            "TG_CTX_TF_PATH": self.prepared.terraform,
            "TG_CTX_COMMAND": self.command,
            "TG_CTX_HOOK_NAME": hook.name,
        }

        def show_stdout(line: str) -> None:
            if not hook.suppress_stdout:
                self.log.terraform(Level.STDOUT, line, hook.execute[0])

        def show_stderr(line: str) -> None:
            self.log.terraform(Level.STDERR, line, hook.execute[0])

        if not folder.is_dir():
            return [f"hook {hook.name!r} ({hook.place}): there is no folder {folder}"]
        try:
            done = self.processes.run(
                Command(hook.execute, folder, environment),
                on_stdout=show_stdout,
                on_stderr=show_stderr,
            )
        except ToolchainError as error:
            return [f"hook {hook.name!r} ({hook.place}): {error.message}"]
        if done.code == 0:
            return []
        output = (done.stderr.strip() or done.stdout.strip()).splitlines()
        last_line = f": {output[-1]}" if output else ""
        return [f"hook {hook.name!r} ({hook.place}) ended with {done.code}{last_line}"]


def raise_if_failed(failures: Sequence[str]) -> None:
    """Raise TerraformError if hooks failed."""
    if failures:
        raise TerraformError("; ".join(failures), hint="the hook's output is above")
