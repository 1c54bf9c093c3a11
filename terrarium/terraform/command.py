"""Terraform's command line through python-terraform, for what is not a Terragrunt run."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

from python_terraform import IsFlagged
from python_terraform import Terraform as CommandLine

from terrarium import toolchain
from terrarium.errors import TerraformError


@dataclass(frozen=True, slots=True)
class Problem:
    """One diagnostic of ``terraform validate``; ``file`` is relative to the folder."""

    summary: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.summary}"


class Terraform:
    """Terraform in one folder. Processes inherit the environment: see ``toolchain.activate``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cli = CommandLine(
            working_dir=str(folder), terraform_bin_path=str(toolchain.terraform().path)
        )

    def init(self) -> None:
        """Install providers, without a backend. Raises TerraformError with Terraform's words."""
        code, _, errors = self._run("init", backend=False, input=False, no_color=IsFlagged)
        if code != 0:
            raise TerraformError(
                f"terraform init in {self._folder}: {_first_error(errors)}",
                hint="invoke doctor says where providers come from",
            )

    def validate(self) -> tuple[Problem, ...]:
        """What ``terraform validate`` finds, warnings included; call ``init`` first."""
        _, output, errors = self._run("validate", json=IsFlagged)
        try:
            return tuple(_problem(found) for found in json.loads(output)["diagnostics"])
        except (ValueError, KeyError, TypeError):
            raise TerraformError(
                f"terraform validate in {self._folder}: {_first_error(errors)}"
            ) from None

    def unformatted(self) -> tuple[str, ...]:
        """Files below the folder that ``terraform fmt`` would change, relative to it."""
        _, output, _ = self._run("fmt", check=IsFlagged, recursive=IsFlagged, list=True)
        return tuple(output.split("\n"))[:-1]

    def format(self) -> None:
        """Format every file below the folder in place."""
        code, _, errors = self._run("fmt", recursive=IsFlagged)
        if code != 0:
            raise TerraformError(f"terraform fmt in {self._folder}: {_first_error(errors)}")

    def _run(self, command: str, **options: object) -> tuple[int, str, str]:
        with warnings.catch_warnings():
            # python-terraform reports a failed command with Logger.warn, which is deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            code, output, errors = self._cli.cmd(command, **options)
        return int(code), str(output), str(errors)


def _problem(diagnostic: dict[str, object]) -> Problem:
    place = diagnostic.get("range")
    if not isinstance(place, dict):
        return Problem(str(diagnostic["summary"]), ".", 0)
    return Problem(str(diagnostic["summary"]), str(place["filename"]), int(place["start"]["line"]))


def _first_error(text: str) -> str:
    lines = [line.strip("│╷╵ ") for line in text.splitlines()]
    return next((line for line in lines if line.startswith("Error")), text.strip() or "no output")
