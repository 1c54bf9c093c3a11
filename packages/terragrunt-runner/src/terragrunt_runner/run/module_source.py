"""Where a module comes from, and the folder Terraform will run in.

A source is a local path, ``root//module`` to keep ``root``'s other folders beside the module, or a
git address that ``git clone`` understands. The working folder has Terragrunt's own shape:
``<download dir>/<hash of the unit>/<hash of the source>/<path after the double slash>``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from terragrunt_runner.config.model import Place
from terragrunt_runner.errors import ConfigurationError, ToolchainError

_GIT = re.compile(r"^(?:git::(?P<forced>.+)|(?P<ssh>git@[^:]+:.+))$")
_REMOTE = re.compile(r"^(?:[a-z0-9]+::|(?!file://)[a-z0-9+]+://|tfr:)|^[\w.-]+\.[a-z]{2,}/")


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """``root`` is copied whole; Terraform runs in ``subfolder`` of the copy.

    For git, ``root`` is empty until :func:`clone`, and ``git`` is the address and the ref.
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
    """Read a ``source``; relative paths start at the unit's folder.

    Raises ConfigurationError for a folder that is not there and for kinds of source that need a
    registry or an archive download.
    """
    git = _GIT.match(source)
    if git:
        return _git_source(git["forced"] or git["ssh"], source)
    if _REMOTE.match(source):
        raise ConfigurationError(
            f"module source {source!r} is remote; this runner copies local folders and clones git",
            file=place.file,
            line=place.line,
            hint="use a path, git::ssh://… or git::file://…, or the official Terragrunt",
        )
    text = source.removeprefix("file://")
    root_text, slashes, subfolder = _split(text)
    root = _absolute(unit, root_text or ".")
    subfolder = subfolder.strip("/") if slashes else ""
    if not (root / subfolder).is_dir():
        raise ConfigurationError(
            f"module source {source!r}: there is no folder {root / subfolder}",
            file=place.file,
            line=place.line,
        )
    return ModuleSource(f"file://{root}", root, subfolder)


def clone(source: ModuleSource, target: Path, *, anew: bool = False) -> None:
    """Bring a git source to ``target``, once. Raises ToolchainError when git cannot."""
    assert source.git is not None  # noqa: S101 - called for git sources only
    address, ref = source.git
    if (target / ".git").is_dir() and not anew:
        return
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    steps = [["git", "clone", "--quiet", address, str(target)]]
    if ref:
        steps.append(["git", "-C", str(target), "checkout", "--quiet", ref])
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
        except OSError as error:
            raise ToolchainError(f"module source {source.address}: git: {error}") from None
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["git failed"]
            raise ToolchainError(f"module source {source.address}: {lines[-1]}")


def _git_source(address: str, source: str) -> ModuleSource:
    address, _, query = address.partition("?")
    ref = parse_qs(query).get("ref", [None])[0]
    scheme, separator, rest = address.rpartition("://")
    base, _, subfolder = _split(rest)
    return ModuleSource(source, None, subfolder.strip("/"), (scheme + separator + base, ref))


def _split(text: str) -> tuple[str, str, str]:
    return text.partition("//")


def _absolute(folder: Path, text: str) -> Path:
    # Lexical, as Terragrunt does it: a link in the path is kept.
    joined = Path(text) if text.startswith("/") else folder / text
    return Path(_cleaned(str(joined)))


def _cleaned(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _hash(text: str) -> str:
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
