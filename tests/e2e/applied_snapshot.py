"""Clones in which ``up`` has run, kept so that each tree is applied only once.

A snapshot is a clone whose cloud was stopped. It is in a folder named after a digest of the files
that decide what ``up`` does. Every user gets a copy with a running cloud.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from terrarium import settings, toolchain
from tests.e2e.clone import Clone, copy_checkout, tracked_files

_FOLDER = settings.STATE_DIR / "tests"
_OTHER_FOLDERS = frozenset({".ci", ".github", "benchmarks", "docs", "tests"})


def restore(environments: tuple[str, ...], target: Path) -> Clone:
    """Copy the snapshot with these environments to ``target`` and start its cloud."""
    name = "-".join(environments)
    snapshot = _FOLDER / _digest() / name
    with _exclusive(name):
        if not snapshot.exists():
            _create(environments, snapshot)
        shutil.copytree(snapshot, target, symlinks=True)
    clone = Clone(target)
    clone.start_cloud()
    return clone


def _create(environments: tuple[str, ...], snapshot: Path) -> None:
    """Apply the last environment on top of the snapshot with the others."""
    *others, last = environments
    unfinished = snapshot.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    if others:
        clone = restore(tuple(others), unfinished)
    else:
        _remove_other_digests()
        clone = Clone(copy_checkout(unfinished))
    try:
        clone.invoke("up", "--env", last)
    finally:
        clone.invoke("down")
    unfinished.rename(snapshot)


def _remove_other_digests() -> None:
    for folder in _FOLDER.iterdir():
        if folder.is_dir() and folder.name != _digest():
            shutil.rmtree(folder, ignore_errors=True)


@cache
def _digest() -> str:
    terraform = toolchain.terraform()
    digest = hashlib.sha256(f"{sys.version} {terraform.path} {terraform.version}".encode())
    for name in tracked_files():
        if name.endswith(".md") or _OTHER_FOLDERS.intersection(Path(name).parts):
            continue
        digest.update(f"\0{name}\0".encode())
        digest.update((settings.ROOT / name).read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _exclusive(name: str) -> Iterator[None]:
    """Let one process of all test sessions in this checkout create or copy a snapshot."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
