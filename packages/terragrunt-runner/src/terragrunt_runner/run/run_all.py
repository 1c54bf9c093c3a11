"""One Terraform command in many units: in dependency order, in parallel, with a report."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from terragrunt_runner.cli.log import Log
from terragrunt_runner.errors import RunnerError, TerraformError
from terragrunt_runner.run.processes import Command, Interrupted
from terragrunt_runner.run.report import Result, UnitRun
from terragrunt_runner.run.retry import Outcome
from terragrunt_runner.run.unit import UnitRunner
from terragrunt_runner.tree.discovery import Tree
from terragrunt_runner.tree.graph import Schedule
from terragrunt_runner.tree.run_queue import RunQueue

_PLAN, _JSON = "tfplan.tfplan", "tfplan.json"


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """``ignore_errors``: dependents of a failed unit run as well."""

    parallelism: int
    ignore_errors: bool = False
    ignore_order: bool = False
    fail_fast: bool = False


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Absolute folders of ``--out-dir`` and ``--json-out-dir``; each unit has a folder below.

    ``run --all --out-dir D apply`` applies what ``run --all --out-dir D plan`` wrote.
    """

    plans: Path | None = None
    json: Path | None = None

    def add_to(self, words: Sequence[str], unit: str) -> tuple[str, ...]:
        """Add the plan file of a unit to Terraform's words."""
        file = self._plan(unit)
        if file is not None and words[0] == "plan":
            file.parent.mkdir(parents=True, exist_ok=True)
            return (*words, f"-out={file}")
        if self.plans is not None and words[0] in ("apply", "destroy", "show"):
            return (*words, str(file))
        return tuple(words)

    def write_json(
        self, unit: str, words: Sequence[str], outcome: Outcome, runner: UnitRunner
    ) -> None:
        """Write the plan of a unit as JSON. Raises TerraformError if it cannot be shown."""
        file = self._plan(unit)
        prepared = outcome.prepared
        if self.json is None or words[0] != "plan" or prepared is None or outcome.failed:
            return
        command = Command(
            (prepared.terraform, "show", "-json", str(file)), prepared.folder, prepared.environment
        )
        done = runner.processes.run(command, whole=True)
        if done.code:
            raise TerraformError(f"{unit}: terraform show -json {file}: {done.stderr.strip()}")
        target = self.json / unit / _JSON
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(done.stdout + "\n", "utf-8")

    def _plan(self, unit: str) -> Path | None:
        # JSON is made from the binary plan, which needs a place even without --out-dir.
        base = self.plans or self.json
        return base / unit / _PLAN if base else None


@dataclass(frozen=True, slots=True)
class RunAll:
    runner: UnitRunner
    tree: Tree
    queue: RunQueue
    plans: PlanFiles
    options: QueueOptions
    log: Log

    def run(self, words: Sequence[str]) -> list[UnitRun]:
        """Run every unit that can run. Returns the result of each unit."""
        edges = self.queue.edges
        if self.options.ignore_order:
            edges = dict.fromkeys(edges, ())
        schedule = Schedule(edges, ignore_errors=self.options.ignore_errors)
        runs = [self._excluded(unit, why) for unit, why in sorted(self.queue.excluded.items())]
        finished: queue.SimpleQueue[tuple[Path, UnitRun]] = queue.SimpleQueue()
        with ThreadPoolExecutor(self.options.parallelism, "unit") as pool:
            running: set[Path] = set()
            while True:
                for unit in schedule.start():
                    pool.submit(self._unit, unit, words, finished.put)
                    running.add(unit)
                if not running:
                    return runs
                unit, run = finished.get()
                running.remove(unit)
                runs.append(run)
                runs.extend(self._early_exits(schedule, unit, run))

    def _early_exits(self, schedule: Schedule, unit: Path, run: UnitRun) -> list[UnitRun]:
        """Update the schedule. Returns the units that will not run any more."""
        interrupted = self.runner.processes.stopping.is_set()
        stopped: list[Path] = []
        if run.result is Result.SUCCEEDED:
            schedule.succeeded(unit)
        else:
            stopped = schedule.failed(unit)
        if interrupted or (self.options.fail_fast and run.result is Result.FAILED):
            stopped += schedule.drain()
        return [self._early_exit(other, unit, interrupted=interrupted) for other in stopped]

    def _unit(
        self, unit: Path, words: Sequence[str], report: Callable[[tuple[Path, UnitRun]], None]
    ) -> None:
        name = self.tree.name(unit)
        log = self.log.for_unit(name)
        started = _now()
        try:
            outcome = self.runner.run(unit, self.plans.add_to(words, name), log)
            self.plans.write_json(name, words, outcome, self.runner)
        except RunnerError as error:
            log.failure(error.sentence)
            outcome = Outcome(1, "run error", error.message)
        except Interrupted:
            outcome = Outcome(1, "run error", "interrupted")
        except Exception as error:
            log.failure(f"unexpected {type(error).__name__}: {error}")
            outcome = Outcome(1, "run error", f"{type(error).__name__}: {error}")
        result = Result.FAILED if outcome.failed else Result.SUCCEEDED
        run = UnitRun(name, started, _now(), result, outcome.reason, outcome.cause, outcome.code)
        report((unit, run))

    def _early_exit(self, unit: Path, cause: Path, *, interrupted: bool) -> UnitRun:
        now = _now()
        name = self.tree.name(unit)
        if interrupted:
            self.log.for_unit(name).warn("not run: interrupted")
            return UnitRun(name, now, now, Result.EARLY_EXIT, "run error", "interrupted")
        failed = self.tree.name(cause)
        self.log.for_unit(name).warn(f"not run: {failed} failed")
        return UnitRun(name, now, now, Result.EARLY_EXIT, "ancestor error", failed)

    def _excluded(self, unit: Path, reason: str) -> UnitRun:
        now = _now()
        return UnitRun(self.tree.name(unit), now, now, Result.EXCLUDED, reason)


def _now() -> datetime:
    return datetime.now().astimezone()
