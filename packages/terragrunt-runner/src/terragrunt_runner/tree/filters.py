"""The expressions of ``--filter``.

A path (``./path/**``), a name, ``name=…``, ``type=unit``, ``source=…``, ``reading=…``,
``external=…``. ``!x`` excludes, ``a | b`` intersects, ``...x`` adds the dependents of x, ``x...``
adds its dependencies, and ``^`` leaves out x itself.
Source: https://terragrunt.gruntwork.io/docs/features/filter
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.errors import UsageError
from terragrunt_runner.tree import graph
from terragrunt_runner.tree.discovery import Tree

_GRAPH = re.compile(r"^(?P<before>\d*\.\.\.)?(?P<without>\^)?(?P<target>.*?)(?P<after>\.\.\.\d*)?$")


@dataclass(frozen=True, slots=True)
class Filters:
    """Selects units of a tree. ``read`` has the files that each unit reads."""

    tree: Tree
    read: Mapping[Path, set[Path]] = field(default_factory=dict)

    def select(self, expressions: Sequence[str]) -> set[Path]:
        """Return the units that any positive expression and no negative one selects.

        Raises UsageError for an expression that is not valid.
        """
        positive = [e for e in expressions if not e.strip().startswith("!")]
        selected: set[Path] = set() if positive else set(self.tree.units)
        for expression in positive:
            selected |= self._selected_by(expression)
        for expression in expressions:
            if expression.strip().startswith("!"):
                selected &= self._selected_by(expression)
        return selected

    def _selected_by(self, expression: str) -> set[Path]:
        units = set(self.tree.units)
        for part in _parts(expression):
            units &= self._term(part)
        return units

    def _term(self, term: str) -> set[Path]:
        if term.startswith("!"):
            return set(self.tree.units) - self._term(term[1:].strip())
        match = _GRAPH.match(term)
        if match is None or not match["target"]:
            raise UsageError(f"filter {term!r} has no target")
        if not (match["before"] or match["after"] or match["without"]):
            return self._matching(term)
        targets = self._matching(match["target"])
        found = set(targets)
        if match["before"]:
            depth = match["before"].rstrip(".")
            found |= self._reached(targets, graph.reversed_edges(self.tree.edges), depth)
        if match["after"]:
            found |= self._reached(targets, self.tree.edges, match["after"].lstrip("."))
        return found - targets if match["without"] else found

    def _reached(self, targets: set[Path], edges: graph.Edges, depth: str) -> set[Path]:
        if not depth:
            return graph.closure(targets, edges) & set(self.tree.units)
        layer, found = set(targets), set(targets)
        for _ in range(int(depth)):
            layer = {needed for unit in layer for needed in edges.get(unit, ())}
            found |= layer
        return found & set(self.tree.units)

    def _matching(self, target: str) -> set[Path]:
        if target.startswith("["):
            raise UsageError(
                f"filter {target!r}: git expressions are not supported by this runner",
                hint="name the units, or use the official Terragrunt",
            )
        if target.startswith("{") and target.endswith("}"):
            return self._by_path(target[1:-1])
        name, equals, value = target.partition("=")
        if equals:
            return self._by_attribute(name.strip(), value.strip())
        if "/" in target or target in (".", ".."):
            return self._by_path(target)
        return self._by_attribute("name", target)

    def _by_path(self, pattern: str) -> set[Path]:
        wanted = os.path.normpath(self.tree.root / pattern)
        return {unit for unit in self.tree.units if path_matches(str(unit.parent), wanted)}

    def _by_attribute(self, name: str, value: str) -> set[Path]:
        units = self.tree.units
        if name == "name":
            return {unit for unit in units if fnmatch.fnmatchcase(unit.parent.name, value)}
        if name == "type":
            return set(units) if value == "unit" else set()
        if name == "external":
            return set() if value == "true" else set(units)
        if name == "source":
            return {unit for unit in units if fnmatch.fnmatchcase(self._source(unit), value)}
        if name == "reading":
            wanted = os.path.normpath(self.tree.root / value)
            return {
                unit
                for unit in units
                if any(path_matches(str(file), wanted) for file in self.read.get(unit, ()))
            }
        raise UsageError(
            f"filter {name}={value}: units have no such attribute",
            hint="attributes: name, type, source, reading, external",
        )

    def _source(self, unit: Path) -> str:
        terraform = self.tree.configs[unit].terraform
        return (terraform.source if terraform else None) or ""


def path_matches(path: str, pattern: str) -> bool:
    """True if a glob matches a path: ``*`` in one name, ``**`` for any number of folders."""
    return _glob(pattern).fullmatch(path) is not None


def _glob(pattern: str) -> re.Pattern[str]:
    out = ""
    rest = pattern
    while rest:
        if rest.startswith("/**"):
            # a/** also matches a itself.
            out += "(?:/.*)?"
            rest = rest[3:]
        elif rest.startswith("**"):
            out += ".*"
            rest = rest[2:]
        elif rest[0] == "*":
            out += "[^/]*"
            rest = rest[1:]
        elif rest[0] == "?":
            out += "[^/]"
            rest = rest[1:]
        elif rest[0] == "{" and "}" in rest:
            options, rest = rest[1:].split("}", 1)
            out += "(?:" + "|".join(re.escape(o) for o in options.split(",")) + ")"
        else:
            out += re.escape(rest[0])
            rest = rest[1:]
    return re.compile(out)


def _parts(expression: str) -> list[str]:
    parts = [part.strip() for part in expression.split("|")]
    if not all(parts):
        raise UsageError(f"filter {expression!r} has an empty part")
    return parts
