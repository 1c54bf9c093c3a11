"""Module sources and the working folders that they are copied to.

A source is a local path, ``root//module`` to copy all of ``root``, or a git address. The working
folder has Terragrunt's shape:
``<download dir>/<hash of the unit>/<hash of the source>/<path after the double slash>``.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from terragrunt_runner.config.model import Place
from terragrunt_runner.errors import ToolchainError

_GIT = re.compile(r"^(?:git::(?P<forced>.+)|(?P<ssh>git@[^:]+:.+))$")
_REMOTE = re.compile(r"^(?:[a-z0-9]+::|(?!file://)[a-z0-9+]+://|tfr:)|^[\w.-]+\.[a-z]{2,}/")


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """``root`` is copied whole; Terraform runs in ``subfolder`` of the copy.

    For a git source ``root`` is None, and ``git`` is the address and the ref.
    """

    address: str
    root: Path | None
    subfolder: str
    git: tuple[str, str | None] | None = None

    def working_folder(self, download_dir: Path, unit: Path) -> Path:
        return self.download_root(download_dir, unit) / self.subfolder

    def download_root(self, download_dir: Path, unit: Path) -> Path:
        return download_dir / _hash(str(unit)) / _hash(self.address)

    def clone_folder(self, download_dir: Path) -> Path:
        return download_dir / "git" / _hash(self.address)


def resolve(source: str, unit: Path, place: Place) -> ModuleSource:
    """Parse a ``source``; a relative path starts at the unit's folder.

    Raises ConfigurationError for a folder that does not exist, and for a source in a registry or
    an archive.
    """
    git = _GIT.match(source)
    if git:
        return _git_source(git["forced"] or git["ssh"], source)
    if _REMOTE.match(source):
        raise place.error(
            f"module source {source!r} is remote; this runner copies local folders and clones git",
            hint="use a path, git::ssh://… or git::file://…, or the official Terragrunt",
        )
    root_text, _, subfolder = source.removeprefix("file://").partition("//")
    root = Path("/" + os.path.normpath(unit / (root_text or ".")).lstrip("/"))
    subfolder = subfolder.strip("/")
    if not (root / subfolder).is_dir():
        raise place.error(f"module source {source!r}: there is no folder {root / subfolder}")
    return ModuleSource(f"file://{root}", root, subfolder)


def clone(
    source: ModuleSource, target: Path, environment: Mapping[str, str], *, update: bool = False
) -> None:
    """Clone a git source into ``target``; ``update`` replaces a clone that is already there.

    Raises ToolchainError when git fails.
    """
    assert source.git is not None  # noqa: S101 - called for git sources only
    address, ref = source.git
    if (target / ".git").is_dir() and not update:
        return
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    steps = [["git", "clone", "--quiet", address, str(target)]]
    if ref:
        steps.append(["git", "-C", str(target), "checkout", "--quiet", ref])
    for step in steps:
        try:
            done = subprocess.run(
                step, env=environment, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise ToolchainError(f"module source {source.address}: git: {error}") from None
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["git failed"]
            raise ToolchainError(f"module source {source.address}: {lines[-1]}")


def _git_source(address: str, source: str) -> ModuleSource:
    address, _, query = address.partition("?")
    ref = parse_qs(query).get("ref", [None])[0]
    scheme, separator, rest = address.rpartition("://")
    base, _, subfolder = rest.partition("//")
    return ModuleSource(source, None, subfolder.strip("/"), (scheme + separator + base, ref))


def _hash(text: str) -> str:
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
