from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from terragrunt_runner.errors import CycleError
from terragrunt_runner.tree.graph import Schedule, check_for_cycles, groups, restricted

A, B, C, D = (Path(name) for name in "abcd")
DIAMOND = {A: (), B: (A,), C: (A,), D: (B, C)}


def test_a_ring_is_printed_from_a_unit_back_to_itself() -> None:
    with pytest.raises(CycleError, match=r"b -> c -> d -> b"):
        check_for_cycles({A: (B,), B: (C,), C: (D,), D: (B,)})


def test_a_long_chain_is_no_ring() -> None:
    nodes = [Path(str(n)) for n in range(3000)]
    check_for_cycles({node: tuple(nodes[n + 1 : n + 2]) for n, node in enumerate(nodes)})


def test_groups_hold_what_may_run_at_the_same_time() -> None:
    assert groups(DIAMOND) == [[A], [B, C], [D]]


def test_a_unit_starts_as_soon_as_its_own_needs_are_met() -> None:
    schedule = Schedule(DIAMOND)
    assert schedule.start() == [A]
    assert schedule.start() == []
    schedule.succeeded(A)
    assert schedule.start() == [B, C]
    schedule.succeeded(B)
    assert schedule.start() == []
    schedule.succeeded(C)
    assert schedule.start() == [D]


def test_what_has_the_longest_way_to_go_starts_first() -> None:
    assert Schedule({A: (), B: (), C: (B,), D: (C,)}).start() == [B, A]


def test_a_failure_stops_only_those_that_depend_on_it() -> None:
    schedule = Schedule({A: (), B: (A,), C: (), D: (B,)})
    assert set(schedule.start()) == {A, C}
    assert schedule.failed(A) == [B, D]
    schedule.succeeded(C)
    assert schedule.start() == []


def test_dependents_of_a_failure_can_be_made_to_run_all_the_same() -> None:
    schedule = Schedule({A: (), B: (A,)}, ignore_errors=True)
    assert schedule.start() == [A]
    assert schedule.failed(A) == []
    assert schedule.start() == [B]


def test_order_holds_across_units_that_are_left_out() -> None:
    assert restricted(DIAMOND, [A, D]) == {A: (), D: (A,)}


def test_many_ways_through_a_graph_do_not_slow_it_down() -> None:
    layers = [[Path(f"{n}-{side}") for side in "ab"] for n in range(60)]
    edges: dict[Path, tuple[Path, ...]] = dict.fromkeys(layers[0], ())
    for below, above in pairwise(layers):
        edges.update(dict.fromkeys(above, tuple(below)))
    assert Schedule(edges).start() == layers[0]
