"""Terraform as the reference for the runner's expression language."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def run_terraform(
    folder: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the ``terraform`` on PATH without the caller's settings for it. It needs no provider."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("TF_")}
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**environment, "NO_COLOR": "1"},
    )
