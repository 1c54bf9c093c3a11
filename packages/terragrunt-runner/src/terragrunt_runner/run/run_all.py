"""One command in many units: in order, in parallel, with an account of it at the end."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from terragrunt_runner.cli.log import Log
from terragrunt_runner.errors import RunnerError
from terragrunt_runner.run.attempts import Ended
from terragrunt_runner.run.early_init import Ahead
from terragrunt_runner.run.plan_files import PlanFiles
from terragrunt_runner.run.processes import Interrupted
from terragrunt_runner.run.report import Result, UnitRun
from terragrunt_runner.run.unit import Units
from terragrunt_runner.tree.discovery import Tree
from terragrunt_runner.tree.graph import Schedule
from terragrunt_runner.tree.queue import Queue


@dataclass(frozen=True, slots=True)
class Pace:
    """``after_failure``: dependents of a failed unit run all the same."""

    parallelism: int
    after_failure: bool = False
    ignore_order: bool = False
    fail_fast: bool = False


@dataclass(frozen=True, slots=True)
class RunAll:
    units: Units
    tree: Tree
    queue: Queue
    plans: PlanFiles
    pace: Pace
    log: Log

    def run(self, words: Sequence[str]) -> list[UnitRun]:
        """Run everything that can run; returns what became of each unit."""
        edges = self.queue.edges
        if self.pace.ignore_order:
            edges = dict.fromkeys(edges, ())
        schedule = Schedule(edges, self.pace.after_failure)
        runs = [self._excluded(unit, why) for unit, why in sorted(self.queue.excluded.items())]
        ended: queue.SimpleQueue[tuple[Path, UnitRun]] = queue.SimpleQueue()
        ahead = Ahead(self.units)
        with ThreadPoolExecutor(self.pace.parallelism, "unit") as pool:
            ready = schedule.start()
            ahead.start(schedule.waiting(), words[0])
            under_way: list[Path] = []
            while True:
                for unit in ready:
                    # The most urgent one has the processor; the others use what it leaves.
                    pool.submit(self._unit, unit, words, ahead, ended.put, bool(under_way))
                    under_way.append(unit)
                if not under_way:
                    break
                unit, run = ended.get()
                under_way.remove(unit)
                runs.append(run)
                runs.extend(self._after(schedule, unit, run))
                ready = schedule.start()
        return runs

    def _after(self, schedule: Schedule, unit: Path, run: UnitRun) -> list[UnitRun]:
        """Tell the schedule; returns the units that now never run."""
        if run.result is Result.SUCCEEDED:
            schedule.succeeded(unit)
            stopped = []
        else:
            stopped = schedule.failed(unit)
            if self.pace.fail_fast or self.units.children.stopping.is_set():
                stopped += schedule.drain()
        if self.units.children.stopping.is_set():
            stopped += schedule.drain()
        return [self._stopped(other, unit) for other in stopped]

    def _unit(
        self,
        unit: Path,
        words: Sequence[str],
        ahead: Ahead,
        done: Callable[[tuple[Path, UnitRun]], None],
        gently: bool,
    ) -> None:
        name = self.tree.name(unit)
        log = self.log.for_unit(name)
        started = _now()
        try:
            ahead.claim(unit)
            ended = self.units.run(unit, self.plans.words(name, words), log, gently=gently)
            if ended.reason != "run error":
                self.plans.as_json(name, words, ended, self.units)
        except RunnerError as error:
            log.problem(error.sentence)
            ended = Ended(1, "run error", error.message)
        except Interrupted:
            ended = Ended(1, "run error", "interrupted")
        except Exception as error:
            log.problem(f"unexpected {type(error).__name__}: {error}")
            ended = Ended(1, "run error", f"{type(error).__name__}: {error}")
        failed = ended.reason == "run error"
        result = Result.FAILED if failed else Result.SUCCEEDED
        run = UnitRun(name, started, _now(), result, ended.reason, ended.cause, ended.code)
        done((unit, run))

    def _stopped(self, unit: Path, cause: Path) -> UnitRun:
        now = _now()
        interrupted = self.units.children.stopping.is_set()
        reason = "run error" if interrupted else "ancestor error"
        why = "interrupted" if interrupted else self.tree.name(cause)
        name = self.tree.name(unit)
        self.log.for_unit(name).warn(
            "not run: interrupted" if interrupted else f"not run: {why} failed"
        )
        return UnitRun(name, now, now, Result.EARLY_EXIT, reason, why)

    def _excluded(self, unit: Path, reason: str) -> UnitRun:
        now = _now()
        return UnitRun(self.tree.name(unit), now, now, Result.EXCLUDED, reason)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started


def _now() -> datetime:
    return datetime.now().astimezone()
