"""The Lambda zip, byte for byte the same on every machine.

Files are sorted, carry one fixed time and mode, and are stored without compression: the bytes that
zlib makes depend on the machine's zlib. Python files are packed with LF line ends, so that an
editor's CRLF does not change the zip.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from terrarium import atomic
from terrarium.errors import PackageError

HANDLER_FILE = "lambda.py"

_EARLIEST_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644  # Lambda's user must be able to read the file

_EXCLUDED_PREFIXES = (".", "#")
_EXCLUDED_SUFFIXES = ("~", ".pyc", ".pyo", ".swp", ".bak", ".orig", ".rej", ".tmp")
_EXCLUDED_NAMES = frozenset({"__pycache__", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Package:
    """A built zip. ``sha256_base64`` is Lambda's ``CodeSha256``; ``size`` is in bytes."""

    path: Path
    sha256_base64: str
    size: int


def build(source: Path, output: Path) -> Package:
    """Pack the source files of ``source`` into the zip ``output``.

    Leaves out what editors, Python and desktops leave behind: hidden files, byte code, backups.
    Replaces the output atomically, and only if its content changes.

    Raises PackageError for a source without the handler file, for anything that is not a plain
    file (a symbolic link, a pipe), for a name that is not ASCII, and when a file cannot be read or
    written.
    """
    source, output = source.resolve(), output.absolute()
    if source in output.resolve().parents:
        raise PackageError(f"{output}: the zip cannot be inside its own source {source}")
    try:
        content = _zip(source)
        atomic.write(output, content)
    except OSError as error:
        raise PackageError(f"{error.filename or output}: {error.strerror or error}") from error
    digest = hashlib.sha256(content).digest()
    return Package(output, base64.b64encode(digest).decode(), len(content))


def _zip(source: Path) -> bytes:
    if not source.is_dir():
        raise PackageError(f"{source}: no such folder")
    files = sorted(_files(source, ""))
    if HANDLER_FILE not in (name for name, _ in files):
        raise PackageError(
            f"{source}: {HANDLER_FILE} is missing",
            hint=f"Lambda calls lambda_handler in {HANDLER_FILE}",
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            content = path.read_bytes()
            if name.endswith(".py"):
                content = content.replace(b"\r\n", b"\n")
            entry = zipfile.ZipInfo(name, _EARLIEST_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Name in the zip and path of every file to pack."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_excluded(entry.name):
                continue
            name, path = prefix + entry.name, folder / entry.name
            if not name.isascii():
                raise PackageError(
                    f"{path}: a file name that is not ASCII differs between file systems"
                )
            if entry.is_dir(follow_symlinks=False):
                yield from _files(path, name + "/")
            elif entry.is_file(follow_symlinks=False):
                yield name, path
            else:
                kind = "a symbolic link" if entry.is_symlink() else "not a plain file"
                raise PackageError(f"{path}: {kind}", hint="the zip holds plain files only")


def _is_excluded(name: str) -> bool:
    return (
        name in _EXCLUDED_NAMES
        or name.startswith(_EXCLUDED_PREFIXES)
        or name.endswith(_EXCLUDED_SUFFIXES)
    )
