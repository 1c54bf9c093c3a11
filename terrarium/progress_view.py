"""Shows a run: a live table on a terminal, one line a change of phase elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from terrarium import console
from terrarium.progress import Phase, UnitProgress

_MARK = {Phase.WAITING: "[dim]·[/]", Phase.DONE: "[green]✓[/]", Phase.FAILED: "[red]✗[/]"}


@contextmanager
def show(units: tuple[str, ...]) -> Iterator[Callable[[UnitProgress], None]]:
    """While the block runs, show how far its units are. Yields what to call with a unit whose
    phase changed."""
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
    return f"{what} ({unit.ended - unit.started:.1f} s)"


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
