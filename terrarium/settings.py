"""Paths and environments of this checkout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from terrarium.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

STATE_DIR = ROOT / ".terrarium"
"""The folder for everything that the tasks write: logs, snapshots, configuration."""

PACKAGES = (ROOT / "packages" / "terragrunt-runner", ROOT / "packages" / "local-aws")

IMPORT_PATHS = (ROOT, *(package / "src" for package in PACKAGES))
"""Where Python finds ``terrarium`` and the two packages."""

LIVE = ROOT / "live"
MODULES = ROOT / "modules"
DOCUMENTS = ROOT / "documents"
LAMBDA_SRC = ROOT / "lambda_src"
PACKAGE = ROOT / "build" / "lambda.zip"

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Environment:
    """One folder of ``live/``: an account, a Region and the units deployed there."""

    name: str
    path: Path

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the unit folders, sorted."""
        return tuple(sorted(f.parent.name for f in self.path.glob("*/terragrunt.hcl")))

    def unit(self, name: str) -> Path:
        """Return the folder of a unit. Raises UsageError for an unknown name."""
        if name not in self.units:
            raise UsageError(
                f"unknown unit {name!r} in environment {self.name}",
                hint=f"units of {self.name}: {', '.join(self.units)}",
            )
        return self.path / name


def modules() -> list[Path]:
    """Return the module folders, sorted by name."""
    return sorted(path.parent for path in MODULES.glob("*/versions.tf"))


def environments(live: Path = LIVE) -> dict[str, Environment]:
    """Return every environment by name: the folders of ``live/`` with an ``env.hcl``."""
    return {
        path.parent.name: Environment(path.parent.name, path.parent)
        for path in sorted(live.glob("*/env.hcl"))
        if _NAME.fullmatch(path.parent.name)
    }


def environment(name: str | None, live: Path = LIVE) -> Environment:
    """Return the environment of that name. Raises UsageError for an unknown or missing name."""
    known = environments(live)
    if name is None:
        raise UsageError("--env is missing", hint=f"--env and one of: {', '.join(known) or 'none'}")
    if name not in known:
        raise UsageError(
            f"unknown environment {name!r}", hint=f"environments: {', '.join(known) or 'none'}"
        )
    return known[name]
