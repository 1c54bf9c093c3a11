"""The Lambda zip, byte for byte the same on every machine.

``python -m terrarium.package OUTPUT [--source DIR]``

Files are sorted, carry one fixed time and mode, and are compressed by :mod:`terrarium.deflate`,
since the bytes that zlib makes depend on the machine's zlib. Line ends of Python files become LF,
which means the same to Python, so that an editor's CRLF does not make another zip of the same
source.

The standard library alone and no newer syntax than Python 3.8's: a Terragrunt hook runs this with
whatever ``python3`` there is, before any environment exists.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence  # noqa: UP035 - 3.8

from terrarium import atomic
from terrarium.deflate import deflate
from terrarium.errors import PackageError, TerrariumError

SOURCE = Path(__file__).resolve().parent.parent / "lambda_src"
HANDLER_FILE = "lambda.py"

_BEGINNING_OF_TIME = (0, 0x21)  # midnight, 1 January 1980: the earliest that the format knows
_DEFLATED = 8
_UNIX = 3
_VERSION = 20  # 2.0 of the format: folders and deflate
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
    entries, directory = b"", b""
    for name, path in files:
        content = path.read_bytes()
        local, central = _entry(name, _lf(content) if name.endswith(".py") else content)
        directory += central + struct.pack("<I", len(entries)) + name.encode()
        entries += local
    count = len(files)
    sizes = (len(directory), len(entries))
    return entries + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, *sizes, 0)


def _entry(name: str, content: bytes) -> tuple[bytes, bytes]:
    """A file as it stands in the zip, and the head of its line in the directory (APPNOTE, 4.3).

    :mod:`zipfile` does not take what is compressed already.
    """
    packed = deflate(content)
    common = struct.pack(
        "<5H3I2H",
        *(_VERSION, 0, _DEFLATED, *_BEGINNING_OF_TIME),
        *(zlib.crc32(content), len(packed), len(content), len(name), 0),
    )
    local = b"PK\3\4" + common + name.encode() + packed
    made_by = struct.pack("<H", _UNIX << 8 | _VERSION)
    return local, b"PK\1\2" + made_by + common + struct.pack("<3HI", 0, 0, 0, _MODE << 16)


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
