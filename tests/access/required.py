"""The table of what Terraform asks of AWS: ``required_actions.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from terrarium.settings import MODULES

_BLOCK = re.compile(r'^(resource|data) "(\w+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Need:
    """One action that a type of resource needs on an ARN, which may be *.

    ``service`` is whom a role is passed to, or linked with, or who uses a key. What only ``reads``
    is all that a plan does.
    """

    type: str
    action: str
    arn: str
    service: str
    reads: bool


@dataclass(frozen=True, slots=True)
class Required:
    """Every need by type of resource, and the data sources that need nothing."""

    needs: Mapping[str, tuple[Need, ...]]
    free: frozenset[str]

    def __iter__(self) -> Iterator[Need]:
        return (need for needs in self.needs.values() for need in needs)


def load(**names: str) -> Required:
    """The table for an environment; ``names`` fill in its ARNs."""
    table = tomllib.loads((Path(__file__).parent / "required_actions.toml").read_text("utf-8"))
    free = frozenset(table.pop("free"))
    needs = {
        kind: tuple(
            Need(kind, action, arn.format(**names), service, reads=verb == "reads")
            for verb, asked in verbs.items()
            for arn, named in asked.items()
            for action, _, service in (name.partition(" ") for name in named)
        )
        for kind, verbs in table.items()
    }
    return Required(needs, free)


def types_in_modules() -> set[str]:
    """Types of every resource and data source of the modules."""
    files = MODULES.glob("*/*.tf")
    return {
        kind
        for file in files
        for _, kind in _BLOCK.findall(file.read_text("utf-8"))
        if kind != "terraform_data"
    }
