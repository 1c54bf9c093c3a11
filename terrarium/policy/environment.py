"""The Python environment that holds checkov: made from its own hashed lock when first needed.

checkov pins versions that our lock excludes, so it is never installed beside us. It is made aside
and renamed when it is whole: a kill leaves nothing that looks finished, and two commands at once
each make one, of which the first stays. From then on no network is needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from terrarium import console, settings
from terrarium.errors import ToolchainError

LOCK = settings.ROOT / "requirements-policy.lock"
FOLDER = settings.STATE_DIR / "policy"

_LAST_LINES = 3


def python(lock: Path = LOCK, folder: Path = FOLDER) -> Path:
    """The interpreter that can import what ``lock`` names.

    Raises ToolchainError where it has to be made and cannot, such as without a package index.
    """
    environment = folder / _digest(lock)
    if not environment.exists():
        console.step(f"making the environment of checkov from {lock.name} (once; about a minute)")
        folder.mkdir(parents=True, exist_ok=True)
        _make(environment, lock)
        _remove_others(environment)
    return environment / "bin" / "python"


def _make(environment: Path, lock: Path) -> None:
    aside = Path(tempfile.mkdtemp(prefix=".making-", dir=environment.parent))
    try:
        _run([sys.executable, "-m", "venv", str(aside)], "cannot make a virtual environment")
        pip = [str(aside / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
        pip += ["--disable-pip-version-check", "--require-hashes", "--requirement", str(lock)]
        _run(pip, f"pip could not install {lock.name}")
        _move(aside, environment)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(aside: Path, environment: Path) -> None:
    """An environment may move as long as it is started through its interpreter: only the scripts
    beside it name their place."""
    try:
        aside.rename(environment)
    except OSError:
        if not environment.is_dir():  # somebody else was faster
            raise


def _run(command: Sequence[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        for line in said[-_LAST_LINES:]:
            console.note(f"  {line}")
        raise ToolchainError(
            failure,
            hint="it needs a package index this once, and no network afterwards; run it again",
        )


def _digest(lock: Path) -> str:
    """What an environment was made from: the lock and the Python, named by its folder."""
    made_from = lock.read_bytes() + f"{sys.version} {os.path.realpath(sys.executable)}".encode()
    return hashlib.sha256(made_from).hexdigest()[:16]


def _remove_others(environment: Path) -> None:
    for other in environment.parent.iterdir():
        if other != environment and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)
