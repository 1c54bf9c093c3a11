"""Discovery of the units below a folder and of their dependencies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.config.model import CACHE_NAME, CONFIG_NAME, Config
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.tree import graph

_STACK = "terragrunt.stack.hcl"


@dataclass(frozen=True, slots=True)
class Tree:
    """``units`` are below ``root``; ``edges`` and ``configs`` also hold their dependencies."""

    root: Path
    units: tuple[Path, ...]
    edges: dict[Path, tuple[Path, ...]]
    configs: dict[Path, Config]

    def name(self, unit: Path) -> str:
        """Return the folder of a unit relative to the root, as in log prefixes and reports."""
        return os.path.relpath(unit.parent, self.root)

    @property
    def external(self) -> tuple[Path, ...]:
        """Dependencies outside the root."""
        inside = set(self.units)
        return tuple(unit for unit in self.edges if unit not in inside)


def discover(root: Path, reader: Reader, *, hidden: bool = False) -> Tree:
    """Read every unit below a folder and their dependencies, without outputs.

    A file that cannot be read is no error if a unit includes it. Raises ConfigurationError for
    any other file, and CycleError.
    """
    found = sorted(find_units(root, hidden=hidden))
    configs: dict[Path, Config] = {}
    edges: dict[Path, tuple[Path, ...]] = {}
    errors: dict[Path, ConfigurationError] = {}
    waiting = list(reversed(found))
    while waiting:
        unit = waiting.pop()
        if unit in configs or unit in errors:
            continue
        try:
            config = reader.outline(unit)
            needs = tuple(dict.fromkeys(reader.dependency_files(config).values()))
        except ConfigurationError as error:
            errors[unit] = error
            continue
        configs[unit], edges[unit] = config, needs
        waiting.extend(needs)
    included = {include.path for config in configs.values() for include in config.includes}
    for unit, failure in errors.items():
        if unit not in included:
            raise failure
    graph.check_for_cycles(edges, lambda unit: os.path.relpath(unit.parent, root))
    units = tuple(unit for unit in found if unit in configs and _is_runnable(configs[unit]))
    return Tree(root, units, edges, configs)


def check_dependencies(unit: Path, reader: Reader) -> None:
    """Read the dependencies of a unit. Raises ConfigurationError and CycleError."""
    edges: dict[Path, tuple[Path, ...]] = {}
    waiting = [unit]
    while waiting:
        current = waiting.pop()
        if current not in edges:
            config = reader.outline(current)
            edges[current] = tuple(reader.dependency_files(config).values())
            waiting.extend(edges[current])
    graph.check_for_cycles(edges, lambda file: os.path.relpath(file.parent, unit.parent.parent))


def find_units(root: Path, *, hidden: bool = False) -> Iterator[Path]:
    """Return the configuration files below a folder, except in caches and hidden folders.

    Raises ConfigurationError for a stack file or for configuration in JSON.
    """
    for folder, names, files in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if name not in (CACHE_NAME, ".terraform", ".git")
            and (hidden or not name.startswith("."))
        )
        if _STACK in files:
            raise ConfigurationError(
                "stack files are not supported by this runner",
                file=Path(folder) / _STACK,
                line=1,
                hint="use the official Terragrunt for this tree",
            )
        if CONFIG_NAME in files:
            yield Path(folder) / CONFIG_NAME
        elif f"{CONFIG_NAME}.json" in files:
            raise ConfigurationError(
                "configuration in JSON is not supported by this runner",
                file=Path(folder) / f"{CONFIG_NAME}.json",
            )


def _is_runnable(config: Config) -> bool:
    """False for a file that has neither a source nor Terraform files: it is meant for includes."""
    if config.terraform and config.terraform.source:
        return True
    return any(config.folder.glob("*.tf")) or any(config.folder.glob("*.tf.json"))
