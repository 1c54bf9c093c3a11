"""The output of ``find``, ``list``, ``dag graph`` and ``output-module-groups``.

Formats: https://terragrunt.gruntwork.io/docs/reference/cli/commands/find and list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner.errors import UsageError
from terragrunt_runner.tree import graph
from terragrunt_runner.tree.discovery import Tree


@dataclass(frozen=True, slots=True)
class ListingOptions:
    """What is shown of each unit. ``read`` has the files that each unit reads, if shown."""

    dag: bool = False
    dependencies: bool = False
    exclude: bool = False
    include: bool = False
    external: bool = False
    destroy: bool = False
    read: Mapping[Path, set[Path]] | None = None
    units: frozenset[Path] | None = None


def records(tree: Tree, options: ListingOptions) -> list[dict[str, Any]]:
    """Return ``find --json``: one object for each unit, with the keys that are shown."""
    return [_record(tree, unit, options) for unit in ordered(tree, options)]


def ordered(tree: Tree, options: ListingOptions) -> list[Path]:
    """Return the units by path or, with ``dag``, each after its dependencies."""
    units = [*tree.units, *(tree.external if options.external else ())]
    if options.units is not None:
        units = [unit for unit in units if unit in options.units]
    if not options.dag:
        return sorted(units)
    layers = graph.groups(graph.restricted(tree.edges, sorted(units)))
    if options.destroy:
        layers.reverse()
    return [unit for layer in layers for unit in layer]


def text(tree: Tree, options: ListingOptions, style: str) -> str:
    """Return ``list``: ``text`` (one line), ``long`` (one unit a line), ``tree`` or ``dot``.

    Raises UsageError for another style.
    """
    units = ordered(tree, options)
    names = [tree.name(unit) for unit in units]
    if style == "text":
        return "  ".join(names)
    if style == "long":
        if not options.dependencies:
            return "\n".join(["Type  Path", *(f"unit  {name}" for name in names)])
        width = max([len(name) for name in names] + [4])
        lines = [f"Type  {'Path':<{width}}  Dependencies"]
        for unit, name in zip(units, names, strict=True):
            needs = ", ".join(tree.name(needed) for needed in tree.edges[unit])
            lines.append(f"unit  {name:<{width}}  {needs}".rstrip())
        return "\n".join(lines)
    if style == "tree":
        return "\n".join([".", *_tree_lines(_branches(tree, units, options))])
    if style == "dot":
        return dot(tree, units)
    raise UsageError(f"unknown format {style!r}", hint="formats: text, long, tree, dot, json")


def dot(tree: Tree, units: Iterable[Path] | None = None) -> str:
    """Return the graph in Graphviz's language, with edges from units to dependencies."""
    lines = ["digraph {"]
    for unit in tree.units if units is None else units:
        lines.append(f'\t"{tree.name(unit)}" ;')
        lines.extend(
            f'\t"{tree.name(unit)}" -> "{tree.name(needed)}";' for needed in tree.edges[unit]
        )
    return "\n".join([*lines, "}"])


def module_groups(tree: Tree, *, destroy: bool = False) -> dict[str, list[str]]:
    """Return ``output-module-groups``: the units of a group may run at the same time."""
    layers = graph.groups(graph.restricted(tree.edges, tree.units))
    if destroy:
        layers.reverse()
    return {
        f"Group {number}": [str(unit.parent) for unit in layer]
        for number, layer in enumerate(layers, 1)
    }


def _record(tree: Tree, unit: Path, options: ListingOptions) -> dict[str, Any]:
    record: dict[str, Any] = {"type": "unit", "path": tree.name(unit)}
    config = tree.configs[unit]
    if options.exclude and config.exclude:
        record["exclude"] = {
            "if": config.exclude.condition,
            "actions": list(config.exclude.actions),
            "exclude_dependencies": config.exclude.exclude_dependencies,
        }
    if options.include and config.includes:
        record["include"] = {
            include.name: os.path.relpath(include.path, tree.root) for include in config.includes
        }
    if options.dependencies and tree.edges[unit]:
        record["dependencies"] = [tree.name(needed) for needed in tree.edges[unit]]
    if options.read is not None:
        record["reading"] = sorted(
            os.path.relpath(file, tree.root) for file in options.read.get(unit, ())
        )
    return record


def _branches(tree: Tree, units: list[Path], options: ListingOptions) -> dict[str, Any]:
    """Return nested names: by dependency with ``dag``, else by folder."""
    branches: dict[str, Any] = {}
    if options.dag:
        needs = graph.restricted(tree.edges, units)
        dependents = graph.reversed_edges(needs)

        def below(unit: Path) -> dict[str, Any]:
            return {tree.name(each): below(each) for each in dependents.get(unit, ())}

        return {tree.name(unit): below(unit) for unit in units if not needs[unit]}
    for unit in units:
        level = branches
        for part in Path(tree.name(unit)).parts:
            level = level.setdefault(part, {})
    return branches


def _tree_lines(branches: dict[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for number, (name, below) in enumerate(branches.items(), 1):
        last = number == len(branches)
        lines.append(f"{indent}{'╰──' if last else '├──'} {name}")
        lines.extend(_tree_lines(below, indent + ("    " if last else "│   ")))
    return lines
