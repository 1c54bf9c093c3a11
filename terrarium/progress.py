"""Progress of a Terragrunt run: parse its output and show the state of each unit.

Official Terragrunt and our runner write ``HH:MM:SS.mmm STDOUT [unit] terraform: text``; a run of
one unit writes Terraform's lines without the prefix. A terminal gets a live table, any other
output a line for each change of phase.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from terrarium import console

_LINE = re.compile(
    r"^\d\d:\d\d:\d\d\.\d{3} (?P<level>[A-Z]+)\s+(?:\[(?P<unit>[^\]]+)\] )?"
    r"(?:(?P<tool>[\w.-]+): ?)?(?P<text>.*)$"
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_COUNTS = re.compile(
    r"(?P<verb>Plan:|Apply complete! Resources:|Destroy complete! Resources:)"
    r"(?: (?P<imported>\d+) (?:to import|imported),)?"
    r"(?: (?P<added>\d+) (?:to add|added),)?"
    r"(?: (?P<changed>\d+) (?:to change|changed),)?"
    r" (?P<destroyed>\d+) (?:to destroy|destroyed)"
)
_ACTIVITY = re.compile(
    r"^(?P<address>\S+): (?P<what>Creating|Modifying|Destroying|Refreshing state|Reading|"
    r"Still (?:creating|modifying|destroying|reading))"
)
_TOOLS = frozenset({"terraform", "tofu"})
"""Terragrunt logs the output of ``init`` with these names and the level INFO."""


class Phase(Enum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_MARK = {Phase.WAITING: "[dim]·[/]", Phase.DONE: "[green]✓[/]", Phase.FAILED: "[red]✗[/]"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run.

    ``unit`` is None for lines about the whole run, ``is_terraform`` False for Terragrunt's lines,
    and ``is_error`` True for a unit's standard error, which a run of one unit does not mark.
    """

    unit: str | None
    text: str
    is_terraform: bool
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of resources that a unit adds, changes and destroys."""

    added: int
    changed: int
    destroyed: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.destroyed + other.destroyed,
        )

    def __str__(self) -> str:
        if not self:
            return "no changes"
        return f"{self.added} added, {self.changed} changed, {self.destroyed} destroyed"

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.destroyed)


@dataclass(slots=True)
class UnitProgress:
    """The state of one unit; times are seconds of ``time.monotonic``."""

    name: str
    phase: Phase = Phase.WAITING
    activity: str = ""
    counts: Counts | None = None
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    started: float = 0.0
    finished: float = 0.0


def parse(raw: str, only_unit: str | None = None) -> Line:
    """Parse one line. ``only_unit`` is the unit of a run of one unit."""
    clean = _ANSI.sub("", raw.rstrip("\r\n"))
    match = _LINE.match(clean)
    if match is None:
        return Line(only_unit, clean, is_terraform=True)
    is_terraform = match["tool"] in _TOOLS
    if is_terraform or match["tool"] is None:
        text = match["text"]
    else:
        text = f"{match['tool']}: {match['text']}"
    is_error = is_terraform and match["level"] == "STDERR"
    return Line(match["unit"] or only_unit, text, is_terraform, is_error)


class RunProgress:
    """The units of one run. Calls ``on_change`` with each unit whose phase changes."""

    def __init__(
        self,
        units: tuple[str, ...],
        on_change: Callable[[UnitProgress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.units = {name: UnitProgress(name) for name in units}
        self._on_change = on_change
        self._clock = clock

    def feed(self, line: Line) -> None:
        """Process one line. Ignores lines of units that are not part of the run."""
        unit = self.units.get(line.unit or "")
        if unit is None or not line.is_terraform:
            return
        unit.lines.append(line.text)
        if line.is_error:
            unit.errors.append(line.text)
        if unit.phase is Phase.WAITING:
            self._enter(unit, Phase.RUNNING)
        if activity := _ACTIVITY.match(line.text):
            what = activity["what"]
            unit.activity = f"{what[0].lower()}{what[1:]} {activity['address']}"
        elif counts := _COUNTS.match(line.text):
            unit.counts = Counts(*(int(counts[k] or 0) for k in ("added", "changed", "destroyed")))
            if counts["verb"] != "Plan:":
                self._enter(unit, Phase.DONE)
        elif line.text.startswith("No changes."):
            unit.counts = Counts(0, 0, 0)
        elif line.text.startswith(("Error:", "│ Error:", "╷ Error:")):
            self._enter(unit, Phase.FAILED)

    def finish(self, results: dict[str, str], *, succeeded: bool) -> None:
        """Set the final phases from the report's ``results`` by unit (succeeded, failed, …).

        A run of one unit has no report; ``succeeded`` is the result of the unit then.
        """
        if len(self.units) == 1 and not succeeded:
            results = {name: "failed" for name, unit in self.units.items() if unit.lines} | results
        for unit in self.units.values():
            result = results.get(unit.name, "succeeded" if succeeded else "")
            if result == "succeeded" and unit.phase is not Phase.WAITING:
                self._enter(unit, Phase.DONE)
            elif result == "failed":
                self._enter(unit, Phase.FAILED)

    def _enter(self, unit: UnitProgress, phase: Phase) -> None:
        if unit.phase in (phase, Phase.FAILED):
            return
        if unit.phase is Phase.WAITING:
            unit.started = self._clock()
        unit.phase = phase
        if phase in (Phase.DONE, Phase.FAILED):
            unit.finished = self._clock()
            unit.activity = ""
        self._on_change(unit)


@contextmanager
def show(units: tuple[str, ...]) -> Iterator[Callable[[UnitProgress], None]]:
    """Show the progress of units while the block runs.

    Yields the function to call with each unit whose phase changes.
    """
    if not console.stderr.is_terminal:
        yield _print_phase
        return
    table = _LiveTable(units)
    with Live(get_renderable=table.render, console=console.stderr, refresh_per_second=8):
        yield table.update


def _print_phase(unit: UnitProgress) -> None:
    if unit.phase is Phase.RUNNING:
        console.note(f"  {unit.name}: started")
    else:
        console.note(f"  {unit.name}: {_summary(unit)}")


def _summary(unit: UnitProgress) -> str:
    what = "done" if unit.counts is None else str(unit.counts)
    if unit.phase is Phase.FAILED:
        what = "failed"
    return f"{what} ({unit.finished - unit.started:.1f} s)"


class _LiveTable:
    def __init__(self, units: tuple[str, ...]) -> None:
        self._units: dict[str, UnitProgress] = {name: UnitProgress(name) for name in units}
        self._spinner = Spinner("dots")
        self._guard = threading.Lock()

    def update(self, unit: UnitProgress) -> None:
        with self._guard:
            self._units[unit.name] = unit

    def render(self) -> Table:
        table = Table.grid(padding=(0, 1))
        with self._guard:
            units = list(self._units.values())
        for unit in units:
            if unit.phase is Phase.RUNNING:
                seconds = time.monotonic() - unit.started
                text = f"{escape(unit.activity or 'starting')} [dim]{seconds:.0f} s[/]"
                table.add_row(" ", self._spinner, unit.name, text)
            elif unit.phase is Phase.WAITING:
                table.add_row(" ", _MARK[unit.phase], f"[dim]{unit.name}[/]", "")
            else:
                table.add_row(" ", _MARK[unit.phase], unit.name, escape(_summary(unit)))
        return table
