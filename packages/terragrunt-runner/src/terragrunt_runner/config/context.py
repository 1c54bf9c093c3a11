"""Where an evaluation takes place: the file, the unit it is read for, and the run's settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner.config.model import Include


@dataclass(frozen=True, slots=True)
class Settings:
    """What the values of a configuration depend on beyond its files.

    ``command`` and ``arguments`` are Terraform's; ``features`` come from ``--feature``.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    command: str = ""
    arguments: tuple[str, ...] = ()
    features: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    source_update: bool = False
    download_dir: str | None = None
    working_dir: Path = field(default_factory=Path.cwd)
    experiments: frozenset[str] = frozenset()
    render: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """``file`` is what is being read, ``unit`` the file it is read for.

    They differ in an included file, which Terragrunt evaluates from the including unit's place
    (``include`` is then the block that led there). ``original`` is where the reading began: it
    differs from ``unit`` within ``read_terragrunt_config``.
    """

    file: Path
    unit: Path
    original: Path
    include: Include | None = None
    includes: tuple[Include, ...] = ()

    @property
    def folder(self) -> Path:
        """The unit's folder: ``get_terragrunt_dir()``."""
        return self.unit.parent
