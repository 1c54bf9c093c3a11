"""The graph of units: cycles, run order, and the effect of a failure.

Nodes are configuration files; an edge leads from a unit to a dependency of it.
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from terragrunt_runner.errors import CycleError

Edges = Mapping[Path, tuple[Path, ...]]


def check_for_cycles(edges: Edges, show: Callable[[Path], str] = str) -> None:
    """Raise CycleError with the units of a cycle, from one back to itself."""
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as error:
        nodes = [show(node) for node in reversed(error.args[1][1:])]
        first = nodes.index(min(nodes))
        cycle = [*nodes[first:], *nodes[: first + 1]]
        raise CycleError(
            "units depend on each other in a cycle: " + " -> ".join(cycle),
            hint="remove one of these dependency or dependencies entries",
        ) from None


def closure(starts: Iterable[Path], edges: Edges) -> set[Path]:
    """Return the starts and every node that they reach."""
    reached: set[Path] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting.extend(edges.get(node, ()))
    return reached


def reversed_edges(edges: Edges) -> dict[Path, tuple[Path, ...]]:
    """Return the edges from each node to its dependents."""
    dependents: dict[Path, list[Path]] = {node: [] for node in edges}
    for node, needs in edges.items():
        for needed in needs:
            dependents.setdefault(needed, []).append(node)
    return {node: tuple(sorted(users)) for node, users in dependents.items()}


def restricted(edges: Edges, nodes: Collection[Path]) -> dict[Path, tuple[Path, ...]]:
    """Return the edges between these nodes. The order across missing nodes is kept.

    If a needs b and b needs c, and b is not among the nodes, then a needs c.
    """
    kept = set(nodes)
    result: dict[Path, tuple[Path, ...]] = {}
    for node in nodes:
        found: dict[Path, None] = {}
        seen: set[Path] = set()
        waiting = list(reversed(edges.get(node, ())))
        while waiting:
            needed = waiting.pop()
            if needed in seen:
                continue
            seen.add(needed)
            if needed in kept:
                found[needed] = None
            else:
                waiting.extend(reversed(edges.get(needed, ())))
        result[node] = tuple(found)
    return result


def groups(edges: Edges) -> list[list[Path]]:
    """Return layers in order: the dependencies of a unit are all in earlier layers."""
    check_for_cycles(edges)
    sorter = graphlib.TopologicalSorter(edges)
    sorter.prepare()
    layers: list[list[Path]] = []
    while sorter.is_active():
        layers.append(sorted(sorter.get_ready()))
        sorter.done(*layers[-1])
    return layers


class Schedule:
    """The units that may start. Not thread-safe.

    ``ignore_errors``: dependents of a failed unit run as well.
    """

    def __init__(self, edges: Edges, *, ignore_errors: bool = False) -> None:
        self._ignore_errors = ignore_errors
        self._dependents = reversed_edges(edges)
        self._not_started = set(edges)
        self._sorter = graphlib.TopologicalSorter(edges)
        self._sorter.prepare()
        self._depths: dict[Path, int] = {}
        for layer in reversed(groups(edges)):
            for node in layer:
                below = (self._depths[dependent] for dependent in self._dependents[node])
                self._depths[node] = 1 + max(below, default=0)

    def start(self) -> list[Path]:
        """Return the units that are ready, each of them once.

        The unit with the longest chain of dependents comes first.
        """
        ready = [node for node in self._sorter.get_ready() if node in self._not_started]
        self._not_started.difference_update(ready)
        return sorted(ready, key=lambda node: (-self._depths[node], node))

    def succeeded(self, node: Path) -> None:
        self._sorter.done(node)

    def failed(self, node: Path) -> list[Path]:
        """Return the units that will not run because of this failure, in order."""
        if self._ignore_errors:
            self.succeeded(node)
            return []
        stopped = closure([node], self._dependents) & self._not_started
        self._not_started -= stopped
        return sorted(stopped)

    def drain(self) -> list[Path]:
        """Remove and return all units that have not started."""
        left = sorted(self._not_started)
        self._not_started.clear()
        return left
