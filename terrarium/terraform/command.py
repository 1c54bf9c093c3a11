"""Terraform's command line through python-terraform, for what is not a Terragrunt run."""

from __future__ import annotations

import warnings
from pathlib import Path

from python_terraform import IsFlagged
from python_terraform import Terraform as CommandLine

from terrarium import toolchain
from terrarium.errors import TerraformError


class Terraform:
    """Terraform in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cli = CommandLine(
            working_dir=str(folder), terraform_bin_path=str(toolchain.terraform().path)
        )

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


def _first_error(text: str) -> str:
    lines = [line.strip("│╷╵ ") for line in text.splitlines()]
    return next((line for line in lines if line.startswith("Error")), text.strip() or "no output")
