"""What ``find``, ``list``, ``dag graph`` and ``output-module-groups`` say about a tree. Pure.

Shapes: https://terragrunt.gruntwork.io/docs/reference/cli/commands/find and its siblings.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terragrunt_runner.errors import UsageError
from terragrunt_runner.tree import graph
from terragrunt_runner.tree.discovery import Tree


@dataclass(frozen=True, slots=True)
class Shown:
    """What of each unit is shown."""

    dag: bool = False
    dependencies: bool = False
    exclude: bool = False
    include: bool = False
    external: bool = False
    destroy: bool = False
    read: Mapping[Path, set[Path]] | None = None
    units: frozenset[Path] | None = field(default=None)


def found(tree: Tree, shown: Shown) -> list[dict[str, Any]]:
    """``find --json``: one object a unit, keys only for what was asked for."""
    return [_record(tree, unit, shown) for unit in ordered(tree, shown)]


def ordered(tree: Tree, shown: Shown) -> list[Path]:
    """Units by path, or with ``dag`` so that each comes after what it needs."""
    units = [*tree.units, *(tree.external if shown.external else ())]
    if shown.units is not None:
        units = [unit for unit in units if unit in shown.units]
    if not shown.dag:
        return sorted(units)
    layers = graph.groups(graph.restricted(tree.edges, sorted(units)))
    if shown.destroy:
        layers.reverse()
    return [unit for layer in layers for unit in layer]


def listed(tree: Tree, shown: Shown, style: str) -> str:
    """``list``: names in one line, one a line (``long``), or drawn (``tree``, ``dot``).

    Raises UsageError for any other style.
    """
    units = ordered(tree, shown)
    names = [tree.name(unit) for unit in units]
    if style == "text":
        return "  ".join(names)
    if style == "long":
        if not shown.dependencies:
            return "\n".join(["Type  Path", *(f"unit  {name}" for name in names)])
        width = max([len(name) for name in names] + [4])
        lines = [f"Type  {'Path':<{width}}  Dependencies"]
        for unit, name in zip(units, names, strict=True):
            needs = ", ".join(tree.name(needed) for needed in tree.edges[unit])
            lines.append(f"unit  {name:<{width}}  {needs}".rstrip())
        return "\n".join(lines)
    if style == "tree":
        return "\n".join([".", *_drawn(_branches(tree, units, shown))])
    if style == "dot":
        return dot(tree, units)
    raise UsageError(f"unknown format {style!r}", hint="formats: text, long, tree, dot, json")


def dot(tree: Tree, units: Iterable[Path] | None = None) -> str:
    """The graph in Graphviz's language, an edge from each unit to what it needs."""
    lines = ["digraph {"]
    for unit in tree.units if units is None else units:
        lines.append(f'\t"{tree.name(unit)}" ;')
        lines.extend(
            f'\t"{tree.name(unit)}" -> "{tree.name(needed)}";' for needed in tree.edges[unit]
        )
    return "\n".join([*lines, "}"])


def module_groups(tree: Tree, *, destroy: bool = False) -> dict[str, list[str]]:
    """``output-module-groups``: what may run at the same time, group after group."""
    layers = graph.groups(graph.restricted(tree.edges, tree.units))
    if destroy:
        layers.reverse()
    return {
        f"Group {number}": [str(unit.parent) for unit in layer]
        for number, layer in enumerate(layers, 1)
    }


def _record(tree: Tree, unit: Path, shown: Shown) -> dict[str, Any]:
    record: dict[str, Any] = {"type": "unit", "path": tree.name(unit)}
    config = tree.configs[unit]
    if shown.exclude and config.exclude:
        record["exclude"] = {
            "if": config.exclude.condition,
            "actions": list(config.exclude.actions),
            "exclude_dependencies": config.exclude.exclude_dependencies,
        }
    if shown.include and config.includes:
        record["include"] = {
            include.name: os.path.relpath(include.path, tree.root) for include in config.includes
        }
    if shown.dependencies and tree.edges[unit]:
        record["dependencies"] = [tree.name(needed) for needed in tree.edges[unit]]
    if shown.read is not None:
        record["reading"] = sorted(
            os.path.relpath(file, tree.root) for file in shown.read.get(unit, ())
        )
    return record


def _branches(tree: Tree, units: list[Path], shown: Shown) -> dict[str, Any]:
    branches: dict[str, Any] = {}
    if shown.dag:
        inside = graph.restricted(tree.edges, units)
        users = graph.reversed_edges(inside)

        def below(unit: Path) -> dict[str, Any]:
            return {tree.name(user): below(user) for user in users.get(unit, ())}

        return {tree.name(unit): below(unit) for unit in units if not inside[unit]}
    for unit in units:
        level = branches
        for part in Path(tree.name(unit)).parts:
            level = level.setdefault(part, {})
    return branches


def _drawn(branches: dict[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for number, (name, below) in enumerate(branches.items(), 1):
        last = number == len(branches)
        lines.append(f"{indent}{'╰──' if last else '├──'} {name}")
        lines.extend(_drawn(below, indent + ("    " if last else "│   ")))
    return lines
