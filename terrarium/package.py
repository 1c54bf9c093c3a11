"""The Lambda zip, byte for byte the same on every machine.

``python -m terrarium.package OUTPUT [--source DIR]``

Files are stored, not compressed, since the bytes that deflate makes depend on the machine's zlib;
they are sorted, and carry one fixed time and mode. Line ends of Python files become LF, which means
the same to Python, so that an editor's CRLF does not make another zip of the same source.

The standard library alone and no newer syntax than Python 3.8's: a Terragrunt hook runs this with
whatever ``python3`` there is, before any environment exists.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence  # noqa: UP035 - 3.8

from terrarium import atomic
from terrarium.errors import PackageError, TerrariumError

SOURCE = Path(__file__).resolve().parent.parent / "lambda_src"
HANDLER_FILE = "lambda.py"

_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_UNIX = 3
_MODE = 0o100644  # Lambda's user must be able to read the file

_LEFT_OUT_PREFIXES = (".", "#")
_LEFT_OUT_SUFFIXES = ("~", ".pyc", ".pyo", ".swp", ".bak", ".orig", ".rej", ".tmp")
_LEFT_OUT_NAMES = frozenset({"__pycache__", "Thumbs.db", "desktop.ini"})


class Package(NamedTuple):
    """A built zip. ``sha256_base64`` is Lambda's ``CodeSha256``; ``size`` is in bytes."""

    path: Path
    sha256_base64: str
    size: int


def build(source: Path, output: Path) -> Package:
    """Write the zip of everything in ``source`` that is source to ``output``.

    Not source is what editors, Python and desktops leave behind: hidden files, byte code, backups.
    The output appears at once or not at all; one that is right already is left untouched.

    Raises PackageError for a source without the handler file, for a symbolic link or anything else
    that is no plain file, for a name that is not ASCII, and for what cannot be read or written.
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
        raise PackageError(f"{source}: no such folder", hint="--source names the function's source")
    files = sorted(_files(source, ""))
    if HANDLER_FILE not in (name for name, _ in files):
        raise PackageError(
            f"{source}: no {HANDLER_FILE}, which is where Lambda enters",
            hint=f"the handler is {HANDLER_FILE[:-3]}.lambda_handler",
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            info = zipfile.ZipInfo(name, _BEGINNING_OF_TIME)
            info.create_system = _UNIX
            info.external_attr = _MODE << 16
            content = path.read_bytes()
            archive.writestr(info, _lf(content) if name.endswith(".py") else content)
    return buffer.getvalue()


def _lf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    """Name in the zip and path of every file to pack."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _left_out(entry.name):
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


def _left_out(name: str) -> bool:
    return (
        name in _LEFT_OUT_NAMES
        or name.startswith(_LEFT_OUT_PREFIXES)
        or name.endswith(_LEFT_OUT_SUFFIXES)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0, or that of the error, which is one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m terrarium.package", description="Build the Lambda zip."
    )
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="the zip to write")
    parser.add_argument(
        "--source", type=Path, default=SOURCE, metavar="DIR", help="default: lambda_src"
    )
    options = parser.parse_args(arguments)
    try:
        build(options.source, options.output)
    except TerrariumError as error:
        sys.stderr.write(f"error {error.sentence}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
