"""Follows the output of a Terragrunt run, line by line, unit by unit.

Official Terragrunt and our runner write the same shape, ``HH:MM:SS.mmm STDOUT [unit] terraform:
text``; a run of one unit writes Terraform's own lines without it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

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
"""Whatever the level: Terragrunt passes on what ``init`` prints as its own information."""


class Phase(Enum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run. ``unit`` is None for what the run says of itself; ``is_terraform`` is
    False for what Terragrunt says; ``is_error`` is True for what a unit's Terraform wrote to its
    standard error, which a run of one unit does not tell apart."""

    unit: str | None
    text: str
    is_terraform: bool
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Resources that a unit adds, changes and destroys."""

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
    """What is known of one unit so far; times are of ``time.monotonic``, in seconds."""

    name: str
    phase: Phase = Phase.WAITING
    activity: str = ""
    counts: Counts | None = None
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0


def parse(raw: str, only_unit: str | None = None) -> Line:
    """Read one line. ``only_unit`` is the unit of a run that has a single one."""
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
    """The units of one run. ``on_change`` is called with a unit whose phase has just changed."""

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
        """Take one line into account. Lines of units that are not part of the run are ignored."""
        unit = self.units.get(line.unit or "")
        if unit is None or not line.is_terraform:
            return
        unit.lines.append(line.text)
        if line.is_error:
            unit.errors.append(line.text)
        if unit.phase is Phase.WAITING:
            unit.started = self._clock()
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
        """The run has ended. ``results`` are those of the report, by unit: succeeded, failed, …

        A run of one unit makes no report: how it ended is how the unit did.
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
        unit.phase = phase
        if phase in (Phase.DONE, Phase.FAILED):
            unit.ended = self._clock()
            unit.activity = ""
        self._on_change(unit)
