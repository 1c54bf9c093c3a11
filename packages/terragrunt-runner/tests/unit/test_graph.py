from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from terragrunt_runner.errors import CycleError
from terragrunt_runner.tree.graph import Schedule, check_for_cycles, groups, restricted

A, B, C, D = (Path(name) for name in "abcd")
DIAMOND = {A: (), B: (A,), C: (A,), D: (B, C)}


def test_a_cycle_is_printed_from_a_unit_back_to_itself() -> None:
    with pytest.raises(CycleError, match=r"b -> c -> d -> b"):
        check_for_cycles({A: (B,), B: (C,), C: (D,), D: (B,)})


def test_a_long_chain_is_not_a_cycle() -> None:
    nodes = [Path(str(n)) for n in range(3000)]
    check_for_cycles({node: tuple(nodes[n + 1 : n + 2]) for n, node in enumerate(nodes)})


def test_units_of_a_group_may_run_at_the_same_time() -> None:
    assert groups(DIAMOND) == [[A], [B, C], [D]]


def test_a_unit_starts_when_its_dependencies_have_succeeded() -> None:
    schedule = Schedule(DIAMOND)
    assert schedule.start() == [A]
    assert schedule.start() == []
    schedule.succeeded(A)
    assert schedule.start() == [B, C]
    schedule.succeeded(B)
    assert schedule.start() == []
    schedule.succeeded(C)
    assert schedule.start() == [D]


def test_the_unit_with_the_longest_chain_of_dependents_starts_first() -> None:
    assert Schedule({A: (), B: (), C: (B,), D: (C,)}).start() == [B, A]


def test_a_failure_stops_only_its_dependents() -> None:
    schedule = Schedule({A: (), B: (A,), C: (), D: (B,)})
    assert set(schedule.start()) == {A, C}
    assert schedule.failed(A) == [B, D]
    schedule.succeeded(C)
    assert schedule.start() == []


def test_dependents_of_a_failed_unit_run_if_errors_are_ignored() -> None:
    schedule = Schedule({A: (), B: (A,)}, ignore_errors=True)
    assert schedule.start() == [A]
    assert schedule.failed(A) == []
    assert schedule.start() == [B]


def test_the_order_across_missing_units_is_kept() -> None:
    assert restricted(DIAMOND, [A, D]) == {A: (), D: (A,)}


def test_a_graph_with_very_many_paths_is_fast() -> None:
    layers = [[Path(f"{n}-{side}") for side in "ab"] for n in range(60)]
    edges: dict[Path, tuple[Path, ...]] = dict.fromkeys(layers[0], ())
    for below, above in pairwise(layers):
        edges.update(dict.fromkeys(above, tuple(below)))
    assert Schedule(edges).start() == layers[0]
