"""Hooks: programs that run before and after Terraform's commands, and when they fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.cli.log import Level, Log
from terragrunt_runner.config.model import Hook
from terragrunt_runner.errors import TerraformError, ToolchainError
from terragrunt_runner.functions.regular_expressions import matches_any
from terragrunt_runner.run.processes import Children, Command


@dataclass(frozen=True, slots=True)
class HookRun:
    """Where hooks of one unit run: in ``folder``, where Terraform runs too.

    A hook's own ``working_dir`` is relative to ``unit``. ``command`` is Terraform's.
    """

    children: Children
    log: Log
    terraform: str
    command: str
    folder: Path
    unit: Path
    environment: dict[str, str]

    def run(self, hooks: Sequence[Hook], failures: Sequence[str]) -> list[str]:
        """Run the hooks of this command; ``run_on_error`` ones even after a failure.

        Returns what failed, one sentence a hook.
        """
        failed: list[str] = []
        for hook in hooks:
            wanted = hook.condition and self.command in hook.commands
            if wanted and (hook.run_on_error or not (failures or failed)):
                failed.extend(self._run(hook))
        return failed

    def run_error_hooks(self, hooks: Sequence[Hook], failures: Sequence[str]) -> list[str]:
        """Run the error hooks whose patterns match what failed."""
        failed: list[str] = []
        text = "\n".join(failures)
        for hook in hooks:
            if self.command in hook.commands and matches_any(hook.on_errors, text):
                failed.extend(self._run(hook))
        return failed

    def _run(self, hook: Hook) -> list[str]:
        self.log.info(f"Executing hook: {hook.name}")
        folder = self.unit / hook.working_dir if hook.working_dir else self.folder
        environment = {
            **self.environment,
            "TG_CTX_TF_PATH": self.terraform,
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
            done = self.children.run(
                Command(hook.execute, folder, environment),
                on_stdout=show_stdout,
                on_stderr=show_stderr,
            )
        except ToolchainError as error:
            return [f"hook {hook.name!r} ({hook.place}): {error.message}"]
        if done.code == 0:
            return []
        output = (done.stderr.strip() or done.stdout.strip()).splitlines()
        said = f": {output[-1]}" if output else ""
        return [f"hook {hook.name!r} ({hook.place}) ended with {done.code}{said}"]


def failed_hooks(failures: Sequence[str]) -> TerraformError:
    return TerraformError("; ".join(failures), hint="what the hook wrote stands above")
