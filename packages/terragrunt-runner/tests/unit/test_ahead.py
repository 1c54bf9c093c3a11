"""Units are initialised while they wait, and never by two at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from terragrunt_runner.errors import TerraformError
from terragrunt_runner.run.early_init import Ahead
from terragrunt_runner.run.processes import Children
from terragrunt_runner.run.unit import Units

A, B, C = Path("a"), Path("b"), Path("c")


@dataclass
class FakeUnits:
    """Notes what is initialised; ``slow`` waits for ``go``, ``broken`` fails."""

    slow: Path | None = None
    broken: Path | None = None
    children: Children = field(default_factory=Children)
    done: list[Path] = field(default_factory=list)
    began: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    all_done: threading.Event = field(default_factory=threading.Event)
    last: Path = C

    def initialise_ahead(self, unit: Path) -> None:
        if unit == self.slow:
            self.began.set()
            assert self.go.wait(10)
        if unit == self.last:
            self.all_done.set()
        if unit == self.broken:
            raise TerraformError("no provider")
        self.done.append(unit)


def ahead(units: FakeUnits) -> Ahead:
    return Ahead(cast(Units, units))


def test_units_that_wait_are_initialised_in_their_order() -> None:
    units = FakeUnits()
    ahead(units).start([A, B, C], "apply")
    assert units.all_done.wait(10)
    assert units.done[:2] == [A, B]


def test_a_unit_whose_turn_has_come_is_left_to_its_run() -> None:
    units = FakeUnits(slow=A)
    first = ahead(units)
    first.start([A, B, C], "apply")
    assert units.began.wait(10)
    first.claim(B)
    units.go.set()
    assert units.all_done.wait(10)
    assert B not in units.done


def test_a_run_waits_for_an_init_of_its_unit_that_is_under_way() -> None:
    units = FakeUnits(slow=A)
    first = ahead(units)
    first.start([A, B, C], "apply")
    assert units.began.wait(10)
    threading.Timer(0.05, units.go.set).start()
    first.claim(A)
    assert units.done[0] == A


def test_a_failure_is_left_for_the_run_to_report() -> None:
    units = FakeUnits(broken=A)
    ahead(units).start([A, B, C], "plan")
    assert units.all_done.wait(10)
    assert units.done[0] == B


def test_a_command_without_init_initialises_nothing() -> None:
    units = FakeUnits()
    ahead(units).start([A, B, C], "fmt")
    assert not units.all_done.is_set()
    assert units.done == []
