"""The permissions that Terraform needs: ``required_actions.toml``."""

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
    """One action that a type of resource needs on an ARN, or on ``*``.

    ``service`` is the service that gets the role or uses the key. ``reads`` is True for actions of
    a plan.
    """

    type: str
    action: str
    arn: str
    service: str
    reads: bool


@dataclass(frozen=True, slots=True)
class Required:
    """The needs by type of resource, and the data sources without needs."""

    needs: Mapping[str, tuple[Need, ...]]
    free: frozenset[str]

    def __iter__(self) -> Iterator[Need]:
        return (need for needs in self.needs.values() for need in needs)


def load(**names: str) -> Required:
    """Read the table for an environment; ``names`` are the placeholders in its ARNs."""
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
    """Return the types of all resources and data sources of the modules."""
    files = MODULES.glob("*/*.tf")
    return {
        kind
        for file in files
        for _, kind in _BLOCK.findall(file.read_text("utf-8"))
        if kind != "terraform_data"
    }
