"""Whether anything was touched since an environment was last found to be as its files say.

To compare is to run Terraform for every unit. Where neither the checkout, nor the variables of the
process, nor the machine's cloud has changed since that found nothing, it would find nothing again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws import json_file

_MADE_HERE = frozenset(
    {
        ".git",
        ".hypothesis",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".terraform",
        ".terragrunt-cache",
        ".terrarium",
        ".venv",
        "__pycache__",
    }
)
"""What is made in a checkout of what else is there."""

_BEYOND = (b"run_cmd", b"sops_decrypt_file", b"timestamp()")
"""What a unit may depend on and no file of the checkout shows."""

_RESTLESS = frozenset({"PWD", "OLDPWD", "SHLVL", "_"})
"""Variables that differ from one command to the next."""

_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Sight:
    """All that a comparison depends on, as it was at a moment."""

    inputs: str
    cloud: str


class Untouched:
    """Remembers, for each environment, the last sight that was found to be up to date."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def knows(self, environment: str, sight: Sight) -> bool:
        return self._all().get(environment) == [sight.inputs, sight.cloud]

    def remember(self, environment: str, sight: Sight) -> None:
        with contextlib.suppress(OSError):  # then it is compared once more
            json_file.write(self._path, {**self._all(), environment: [sight.inputs, sight.cloud]})

    def _all(self) -> dict[str, object]:
        return json_file.read(self._path) or {}


def inputs(root: Path, environ: Mapping[str, str], tools: tuple[str, ...]) -> str | None:
    """A digest of what a plan is made of: every file below ``root``, the variables, the tools.

    None where that is not all, or cannot be read: a unit that runs a command, a link that leads to
    a folder elsewhere, more than 64 MB of files.
    """
    digest = hashlib.sha256(repr(tools).encode())
    for name in sorted(environ.keys() - _RESTLESS):
        digest.update(f"{name}={environ[name]}\0".encode(errors="surrogateescape"))
    left = _MOST_BYTES
    try:
        for path in _files(root):
            left -= path.stat().st_size
            if left < 0:
                return None
            content = path.read_bytes()
            if path.suffix == ".hcl" and any(word in content for word in _BEYOND):
                return None
            relative = os.fsencode(path.relative_to(root))
            digest.update(b"%b\0%d\0%b" % (relative, len(content), content))
    except OSError:
        return None
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    """In an order of their own. Raises OSError, also for a folder that is elsewhere."""
    for entry in sorted(os.scandir(root), key=lambda each: each.name):
        if entry.name in _MADE_HERE:
            continue
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _files(path)
        elif entry.is_dir():
            raise NotADirectoryError(f"{path} leads to a folder elsewhere")
        elif entry.is_file():
            yield path
