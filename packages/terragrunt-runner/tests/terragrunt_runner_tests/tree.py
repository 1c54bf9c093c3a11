"""Small trees of configuration files for tests, and the values that units have in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from terragrunt_runner.config.context import Settings
from terragrunt_runner.config.model import Config
from terragrunt_runner.config.reader import Reader
from terragrunt_runner.language.values import Value


class KnownOutputs:
    """Answers with outputs by the name of the dependency's block."""

    def __init__(self, outputs: Mapping[str, Value]) -> None:
        self.outputs = outputs

    def of(self, config: Config) -> dict[str, Value]:
        return {d.name: {"outputs": self.outputs[d.name]} for d in config.dependencies}


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files by relative path; returns the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    return root


def reader(outputs: Mapping[str, Value] | None = None, **settings: Any) -> Reader:
    made = Reader(Settings(**{"environment": {}, "command": "plan", **settings}))
    made.outputs = KnownOutputs(outputs or {})
    return made


def inputs(root: Path, unit: str, made: Reader | None = None) -> dict[str, Any]:
    """The evaluated inputs of a unit."""
    config = (made or reader()).complete(root / unit / "terragrunt.hcl")
    return dict(config.inputs or {})
