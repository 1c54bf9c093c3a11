"""Terraform's command line, with the provider that this machine has."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from terrarium import toolchain


def terraform(folder: Path, *arguments: str) -> str:
    """Run Terraform in a folder and return its stdout. Fails the test if Terraform fails."""
    done = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=_environ(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def _environ() -> dict[str, str]:
    return toolchain.environ()
