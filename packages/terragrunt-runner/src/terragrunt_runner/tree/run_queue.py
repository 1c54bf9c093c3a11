"""The queue of a run: its units, their order, and the reason why others are excluded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.tree import graph
from terragrunt_runner.tree.discovery import Tree
from terragrunt_runner.tree.filters import Filters, path_matches


@dataclass(frozen=True, slots=True)
class UnitSelection:
    """The flags that select units."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    including: tuple[str, ...] = ()
    strict_include: bool = False
    include_external: bool = False


@dataclass(frozen=True, slots=True)
class RunQueue:
    """``edges`` lead from a unit to those that run before it; ``excluded`` has reasons."""

    edges: dict[Path, tuple[Path, ...]]
    excluded: dict[Path, str] = field(default_factory=dict)

    @property
    def units(self) -> tuple[Path, ...]:
        return tuple(self.edges)


def build(
    tree: Tree,
    command: str,
    selection: UnitSelection,
    *,
    destroy: bool = False,
    read: Mapping[Path, set[Path]] | None = None,
) -> RunQueue:
    """Build the queue. ``destroy`` reverses the order and leaves out protected units.

    ``read`` has the files that each unit reads.
    """
    selected = _selected(tree, selection, read or {})
    excluded = {unit: "" for unit in tree.units if unit not in selected}
    for unit in sorted(selected):
        if _matches(tree, unit, selection.exclude):
            excluded[unit] = "--queue-exclude-dir"
            continue
        exclude = tree.configs[unit].exclude
        if exclude is None or not exclude.condition or not exclude.covers(command):
            continue
        excluded[unit] = "exclude block"
        if exclude.exclude_dependencies:
            for needed in graph.closure(tree.edges[unit], tree.edges):
                excluded.setdefault(needed, "exclude block")
    if destroy:
        for unit in _protected(tree):
            excluded.setdefault(unit, "")
    queued = [unit for unit in sorted(selected) if unit not in excluded]
    edges = graph.restricted(tree.edges, queued)
    if destroy:
        dependents = graph.reversed_edges(edges)
        edges = {unit: dependents.get(unit, ()) for unit in queued}
    return RunQueue(edges, {unit: reason for unit, reason in excluded.items() if reason})


def _selected(tree: Tree, flags: UnitSelection, read: Mapping[Path, set[Path]]) -> set[Path]:
    units = set(tree.units)
    if flags.filters:
        units = Filters(tree, read).select(flags.filters)
    if flags.include:
        units = {unit for unit in units if _matches(tree, unit, flags.include)}
        if not flags.strict_include:
            units |= graph.closure(units, tree.edges) & set(tree.units)
    if flags.reading:
        files = {os.path.normpath(tree.root / path) for path in flags.reading}
        units = {u for u in units if files & {str(file) for file in read.get(u, ())}}
    if flags.including:
        files = {os.path.normpath(tree.root / path) for path in flags.including}
        units = {u for u in units if files & {str(i.path) for i in tree.configs[u].includes}}
    if flags.include_external:
        units |= graph.closure(units, tree.edges)
    return units


def _matches(tree: Tree, unit: Path, patterns: Iterable[str]) -> bool:
    folder = str(unit.parent)
    return any(path_matches(folder, os.path.normpath(tree.root / pattern)) for pattern in patterns)


def _protected(tree: Tree) -> set[Path]:
    """Return the units with prevent_destroy and their dependencies."""
    protected = {unit for unit in tree.units if tree.configs[unit].prevent_destroy}
    return graph.closure(protected, tree.edges)
