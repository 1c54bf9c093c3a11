"""Runs Terragrunt over an environment or one of its units, with progress and a summary."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from terrarium import console, toolchain
from terrarium.errors import TerraformError, ToolchainError
from terrarium.progress import Counts, Phase, RunProgress, UnitProgress, parse, show
from terrarium.settings import STATE_DIR, Environment

COMPARING = ("--no-auto-init", "--queue-ignore-dag-order")
"""Flags for a plan that compares initialised units without waiting for dependencies."""

_REPORT_SINCE = (0, 86)
"""The first official release in which --report-file is stable."""

_ERROR_LINES = 25
_NO_PROVIDER = "Failed to query available provider packages"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run: exit code, units, and the file with the whole output."""

    exit_code: int
    units: tuple[UnitProgress, ...]
    log: Path

    @property
    def total(self) -> Counts:
        """The sum of all units."""
        counts = [unit.counts for unit in self.units if unit.counts is not None]
        return sum(counts, Counts(0, 0, 0))

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(unit.name for unit in self.units if unit.phase is Phase.FAILED)

    @property
    def not_run(self) -> tuple[str, ...]:
        return tuple(unit.name for unit in self.units if unit.phase is Phase.WAITING)


def run(
    environment: Environment,
    verb: str,
    environ: Mapping[str, str],
    *,
    unit: str | None = None,
    arguments: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
) -> Outcome:
    """Run one Terraform verb in every unit of an environment, or in one.

    ``environ`` are the target's variables; ``arguments`` go to Terraform, ``flags`` to Terragrunt.
    A failed unit is part of the outcome, not an exception.
    """
    terragrunt = toolchain.terragrunt()
    units = (unit,) if unit else environment.units
    log = STATE_DIR / "logs" / f"{verb}-{environment.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="terrarium-") as scratch:
        report = Path(scratch) / "report.json"
        # Units mostly wait for AWS, so all of them may run at once.
        all_units = ["--all", "--parallelism", str(len(units))]
        options = ["--non-interactive", *([] if unit else all_units), *flags]
        if not unit and _writes_reports(terragrunt):
            options += ["--report-file", str(report), "--report-format", "json"]
        approve = ["-auto-approve"] if verb in ("apply", "destroy") else []
        command = terragrunt.command(
            "run", *options, "--", verb, "-no-color", "-input=false", *approve, *arguments
        )
        folder = environment.path / unit if unit else environment.path
        with show(units) as on_change:
            progress = RunProgress(units, on_change)
            exit_code = _follow(command, folder, environ, progress, log, unit)
            progress.finish(_results(report), succeeded=exit_code in (0, 2))
    return Outcome(exit_code, tuple(progress.units.values()), log)


def report_failure(environment: Environment, verb: str, outcome: Outcome) -> None:
    """Print the errors of each failed unit. Raises TerraformError with a one-line summary."""
    for unit in outcome.units:
        if unit.phase is Phase.FAILED:
            for line in _errors(unit):
                console.note(f"  {unit.name}: {line}")
    if not outcome.failed:
        for line in outcome.log.read_text(errors="replace").splitlines()[-_ERROR_LINES:]:
            console.note(f"  {line}")
    if any(_NO_PROVIDER in line for unit in outcome.units for line in unit.lines):
        raise ToolchainError(
            f"{verb} of {environment.name}: Terraform found no source for the AWS provider",
            hint="allow access to the public registry, or name a folder that terraform providers "
            f"mirror wrote: {toolchain.MIRROR_VARIABLE}=FOLDER",
        )
    parts = [f"failed: {', '.join(outcome.failed) or 'before any unit ran'}"]
    if outcome.not_run and outcome.failed:
        parts.append(f"skipped: {', '.join(outcome.not_run)}")
    done = [unit.name for unit in outcome.units if unit.phase is Phase.DONE]
    if done:
        parts.append(f"done: {', '.join(done)}")
    raise TerraformError(
        f"{verb} of {environment.name}: {'; '.join(parts)}",
        hint=f"the whole output is in {outcome.log}; fix it and run the same command again",
    )


def _follow(
    command: list[str],
    folder: Path,
    environ: Mapping[str, str],
    progress: RunProgress,
    log: Path,
    unit: str | None,
) -> int:
    with log.open("w") as transcript:
        # In a separate process group, Ctrl-C reaches Terragrunt once, from here, and Terraform
        # from Terragrunt.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environ, "TG_NO_COLOR": "true", "TG_NON_INTERACTIVE": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
        with process.stdout, _forwarding_signals(process):
            try:
                for raw in process.stdout:
                    transcript.write(raw)
                    progress.feed(parse(raw, unit))
            except OSError:
                # The disk is full. Terraform finishes its current operation and saves its state.
                process.send_signal(signal.SIGINT)
                for raw in process.stdout:
                    progress.feed(parse(raw, unit))
                process.wait()
                raise
            return process.wait()


@contextmanager
def _forwarding_signals(process: subprocess.Popen[str]) -> Iterator[None]:
    """Forward Ctrl-C, SIGTERM and SIGHUP to Terragrunt; raise KeyboardInterrupt once it ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if not received:
            console.warning("stopping: Terraform finishes its current operation (again to force)")
        received.append(number)
        process.send_signal(signal.SIGINT)

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, forward) for number in signals}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt


def _writes_reports(terragrunt: toolchain.Terragrunt) -> bool:
    if terragrunt.version is None:
        return True
    return tuple(int(part) for part in terragrunt.version.split(".")[:2]) >= _REPORT_SINCE


def _results(report: Path) -> dict[str, str]:
    """Return results by unit name; empty if the report is missing or malformed."""
    try:
        runs = json.loads(report.read_text())
        return {Path(run["Name"]).name: str(run["Result"]) for run in runs}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _errors(unit: UnitProgress) -> list[str]:
    """Return the lines from the first error on, without the box that Terraform draws around it.

    Standard error comes first: in the merged lines, the plan can split an error.
    """
    for lines in (unit.errors, unit.lines):
        clean = [re.sub(r"^[╷│╵] ?", "", line) for line in lines]
        first = next((i for i, line in enumerate(clean) if line.startswith("Error:")), None)
        if first is not None:
            break
    return [line for line in clean[first:] if line.strip()][:_ERROR_LINES]
