"""Initialises units while they wait for those that they depend on.

``init`` needs no outputs, so it need not be part of the chain of units. A unit whose configuration
does need outputs to be initialised is simply initialised again when its turn comes: the stamp says
that something differs. What fails here is left for that turn to report.
"""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.errors import RunnerError
from terragrunt_runner.run.processes import Interrupted
from terragrunt_runner.run.unit import Units

_WITHOUT_INIT = frozenset({"init", "fmt", "version", "login", "logout"})


@dataclass(slots=True)
class Ahead:
    """One unit at a time, in a thread of its own; ``claim`` a unit before running it."""

    units: Units
    _claimed: set[Path] = field(default_factory=set)
    _guards: defaultdict[Path, threading.Lock] = field(
        default_factory=lambda: defaultdict(threading.Lock)
    )

    def start(self, waiting: Iterable[Path], command: str) -> None:
        """Begin with the units that cannot run yet, in the order in which they will."""
        queue = tuple(waiting)
        if command in _WITHOUT_INIT or not queue:
            return
        for unit in queue:
            self._guards[unit] = threading.Lock()
        threading.Thread(target=self._work, args=(queue,), name="ahead", daemon=True).start()

    def claim(self, unit: Path) -> None:
        """From now on the unit belongs to the caller; waits if it is being initialised."""
        with self._guards[unit]:
            self._claimed.add(unit)

    def _work(self, queue: tuple[Path, ...]) -> None:
        for unit in queue:
            if self.units.children.stopping.is_set():
                return
            with self._guards[unit]:
                if unit not in self._claimed:
                    with contextlib.suppress(RunnerError, Interrupted):
                        self.units.initialise_ahead(unit)
