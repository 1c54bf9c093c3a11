"""Small trees of configuration files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from terragrunt_runner.config.model import Config, Settings
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.language.values import Value


class KnownOutputs:
    """Outputs by the name of the dependency block."""

    def __init__(self, outputs: Mapping[str, Value]) -> None:
        self.outputs = outputs

    def of(self, config: Config) -> dict[str, Value]:
        return {d.name: {"outputs": self.outputs[d.name]} for d in config.dependencies}


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files by relative path. Returns the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return root


def reader(outputs: Mapping[str, Value] | None = None, **settings: Any) -> Reader:
    """Return a reader for ``plan`` with an empty environment."""
    defaults = {"environment": {}, "working_dir": Path("/"), "command": "plan"}
    new = Reader(Settings(**{**defaults, **settings}))
    new.outputs = KnownOutputs(outputs or {})
    return new


def inputs(root: Path, unit: str, with_reader: Reader | None = None) -> dict[str, Any]:
    """Return the evaluated inputs of a unit."""
    config = (with_reader or reader()).complete(root / unit / "terragrunt.hcl")
    return dict(config.inputs or {})
