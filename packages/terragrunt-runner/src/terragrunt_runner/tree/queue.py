"""From all units of a tree to those that a run takes, and why it leaves the others out. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.tree import graph
from terragrunt_runner.tree.discovery import Tree
from terragrunt_runner.tree.filters import Filters, path_matches


@dataclass(frozen=True, slots=True)
class Choice:
    """What the flags say about which units to run."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    including: tuple[str, ...] = ()
    strict_include: bool = False
    include_external: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """``edges`` lead from each unit to what must run before it; ``excluded`` gives a reason."""

    edges: dict[Path, tuple[Path, ...]]
    excluded: dict[Path, str] = field(default_factory=dict)

    @property
    def units(self) -> tuple[Path, ...]:
        return tuple(self.edges)


def build(
    tree: Tree,
    command: str,
    choice: Choice,
    *,
    destroy: bool = False,
    read: Mapping[Path, set[Path]] | None = None,
) -> Queue:
    """The units to run, in which order. ``destroy`` reverses it and spares protected units."""
    chosen = _chosen(tree, choice, read or {})
    excluded = {unit: "" for unit in tree.units if unit not in chosen}
    for unit in sorted(chosen):
        if _named(tree, unit, choice.exclude):
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
    kept = [unit for unit in sorted(chosen) if unit not in excluded]
    edges = graph.restricted(tree.edges, kept)
    if destroy:
        reversed_ = graph.reversed_edges(edges)
        edges = {unit: reversed_.get(unit, ()) for unit in kept}
    return Queue(edges, {unit: reason for unit, reason in excluded.items() if reason})


def dependents_outside(tree: Tree, units: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Units of the tree that still depend on the given ones and are not among them."""
    doomed = set(units)
    users = graph.reversed_edges(tree.edges)
    found = {
        unit: tuple(u for u in users.get(unit, ()) if u not in doomed) for unit in sorted(doomed)
    }
    return {unit: left for unit, left in found.items() if left}


def _chosen(tree: Tree, choice: Choice, read: Mapping[Path, set[Path]]) -> set[Path]:
    chosen = set(tree.units)
    if choice.filters:
        chosen = Filters(tree, read).select(choice.filters)
    if choice.include:
        chosen = {unit for unit in chosen if _named(tree, unit, choice.include)}
        if not choice.strict_include:
            chosen |= graph.closure(chosen, tree.edges) & set(tree.units)
    if choice.reading:
        wanted = {os.path.normpath(tree.root / path) for path in choice.reading}
        chosen = {u for u in chosen if wanted & {str(file) for file in read.get(u, ())}}
    if choice.including:
        wanted = {os.path.normpath(tree.root / path) for path in choice.including}
        chosen = {u for u in chosen if wanted & {str(i.path) for i in tree.configs[u].includes}}
    if choice.include_external:
        chosen |= graph.closure(chosen, tree.edges)
    return chosen


def _named(tree: Tree, unit: Path, patterns: Iterable[str]) -> bool:
    folder = str(unit.parent)
    return any(path_matches(folder, os.path.normpath(tree.root / pattern)) for pattern in patterns)


def _protected(tree: Tree) -> set[Path]:
    """Units with prevent_destroy, and what they depend on."""
    protected = {unit for unit in tree.units if tree.configs[unit].prevent_destroy}
    return graph.closure(protected, tree.edges)
