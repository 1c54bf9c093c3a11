"""The graph of units: cycles, run order, and the effect of a failure.

Nodes are configuration files; an edge leads from a unit to a dependency of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.errors import CycleError

Edges = Mapping[Path, tuple[Path, ...]]


def check_for_cycles(edges: Edges, show: Callable[[Path], str] = str) -> None:
    """Raise CycleError with the units of a cycle, from one back to itself."""
    done: set[Path] = set()
    for start in edges:
        cycle = _cycle_from(start, edges, done)
        if cycle:
            raise CycleError(
                "units depend on each other in a cycle: " + " -> ".join(show(n) for n in cycle),
                hint="remove one of these dependency or dependencies entries",
            )


def _cycle_from(start: Path, edges: Edges, done: set[Path]) -> list[Path]:
    """Search depth first. The stack is explicit: a long chain would exhaust Python's."""
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
    """The units that may start. Not thread-safe.

    ``ignore_errors``: dependents of a failed unit run as well.
    """

    edges: Edges
    ignore_errors: bool = False
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
        """Return the units that are ready, each of them once; the most urgent first.

        That is the unit with the longest chain of dependents, then with the most dependents, then
        with the fewest dependencies.
        """
        ready = [node for node, needs in self._waiting.items() if not needs]
        for node in ready:
            del self._waiting[node]
        return sorted(ready, key=self._urgency)

    def _urgency(self, node: Path) -> tuple[int, int, int, Path]:
        dependents = len(closure([node], self._users))
        return -self._depths[node], -dependents, len(self.edges[node]), node

    def succeeded(self, node: Path) -> None:
        for user in self._users.get(node, ()):
            if user in self._waiting:
                self._waiting[user].discard(node)

    def failed(self, node: Path) -> list[Path]:
        """Return the units that will not run because of this failure, in order."""
        if self.ignore_errors:
            self.succeeded(node)
            return []
        stopped = closure(self._users.get(node, ()), self._users)
        cut = sorted(n for n in stopped if n in self._waiting)
        for n in cut:
            del self._waiting[n]
        return cut

    def drain(self) -> list[Path]:
        """Remove and return all units that have not started."""
        left = sorted(self._waiting)
        self._waiting.clear()
        return left
