"""The graph of units: who needs whom, in which order, and what a failure stops.

Nodes are configuration files; an edge leads from a unit to what it depends on. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.errors import CycleError

Edges = Mapping[Path, tuple[Path, ...]]


def check_for_cycles(edges: Edges, show: Callable[[Path], str] = str) -> None:
    """Raises CycleError that prints the ring, from a unit back to itself."""
    done: set[Path] = set()
    for start in edges:
        ring = _ring_from(start, edges, done)
        if ring:
            raise CycleError(
                "units depend on each other in a ring: " + " -> ".join(show(n) for n in ring),
                hint="remove one of these dependency or dependencies entries",
            )


def _ring_from(start: Path, edges: Edges, done: set[Path]) -> list[Path]:
    """Depth first with an explicit stack, so that a long chain cannot exhaust Python's."""
    path: list[Path] = []
    stack: list[tuple[Path, bool]] = [(start, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            done.add(path.pop())
            continue
        if node in done:
            continue
        if node in path:
            return [*path[path.index(node) :], node]
        path.append(node)
        stack.append((node, True))
        stack.extend((needed, False) for needed in reversed(edges.get(node, ())))
    return []


def closure(starts: Iterable[Path], edges: Edges) -> set[Path]:
    """The starts and all they reach."""
    reached: set[Path] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting.extend(edges.get(node, ()))
    return reached


def reversed_edges(edges: Edges) -> dict[Path, tuple[Path, ...]]:
    """Who depends on each node."""
    dependents: dict[Path, list[Path]] = {node: [] for node in edges}
    for node, needs in edges.items():
        for needed in needs:
            dependents.setdefault(needed, []).append(node)
    return {node: tuple(sorted(users)) for node, users in dependents.items()}


def restricted(edges: Edges, nodes: Collection[Path]) -> dict[Path, tuple[Path, ...]]:
    """Edges between these nodes, keeping order across nodes that are left out.

    If a needs b and b needs c, and b is not among the nodes, then a still waits for c.
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
    """Layers in order: each holds the units whose needs are all in earlier layers."""
    left = {node: {n for n in needs if n in edges} for node, needs in edges.items()}
    layers: list[list[Path]] = []
    while left:
        layer = sorted(node for node, needs in left.items() if not needs)
        if not layer:
            check_for_cycles(edges)
            break
        layers.append(layer)
        for node in layer:
            del left[node]
        for needs in left.values():
            needs.difference_update(layer)
    return layers


@dataclass(slots=True)
class Schedule:
    """Which unit may start now. Not thread-safe: one coordinator owns it.

    ``after_failure``: dependents of a failed unit run all the same (``--queue-ignore-errors``).
    """

    edges: Edges
    after_failure: bool = False
    _waiting: dict[Path, set[Path]] = field(init=False)
    _users: dict[Path, tuple[Path, ...]] = field(init=False)
    _depths: dict[Path, int] = field(init=False)

    def __post_init__(self) -> None:
        self._waiting = {
            node: {n for n in needs if n in self.edges} for node, needs in self.edges.items()
        }
        self._users = reversed_edges(self.edges)
        self._depths = {}
        for layer in reversed(groups(self.edges)):
            for node in layer:
                users = self._users.get(node, ())
                self._depths[node] = 1 + max((self._depths[u] for u in users), default=0)

    def start(self) -> list[Path]:
        """Units that are ready, each returned once; the most urgent first.

        That is the one with the longest chain of dependents, then with the most of them. Of two
        alike it is the one with fewer dependencies: what everything stands on is slow to make.
        """
        ready = [node for node, needs in self._waiting.items() if not needs]
        for node in ready:
            del self._waiting[node]
        return sorted(ready, key=self._urgency)

    def _urgency(self, node: Path) -> tuple[int, int, int, Path]:
        dependents = len(closure([node], self._users))
        return -self._depths[node], -dependents, len(self.edges[node]), node

    def waiting(self) -> list[Path]:
        """Units that have not started, in the order in which they can."""
        return [node for layer in groups(self.edges) for node in layer if node in self._waiting]

    def succeeded(self, node: Path) -> None:
        for user in self._users.get(node, ()):
            if user in self._waiting:
                self._waiting[user].discard(node)

    def failed(self, node: Path) -> list[Path]:
        """Units that will now never run, in order."""
        if self.after_failure:
            self.succeeded(node)
            return []
        stopped = closure(self._users.get(node, ()), self._users)
        cut = sorted(n for n in stopped if n in self._waiting)
        for n in cut:
            del self._waiting[n]
        return cut

    def drain(self) -> list[Path]:
        """Give up on everything that has not started."""
        left = sorted(self._waiting)
        self._waiting.clear()
        return left
