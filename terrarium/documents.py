"""The documents that the API serves: ``documents/{name}.json``.

``python -m terrarium.documents TARGET_DIR [--source DIR]`` checks all of them, then makes
TARGET_DIR hold exactly these. A Terragrunt hook runs it, so nothing that the API could not serve is
ever applied.

The standard library alone and no newer syntax than Python 3.8's: the hook uses whatever ``python3``
there is.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple, Sequence  # noqa: UP035 - 3.8

from terrarium import atomic, strict_json
from terrarium.errors import DocumentError, TerrariumError

SOURCE = Path(__file__).resolve().parent.parent / "documents"

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""The names that the API takes (``lambda_src/api/storage.py``)."""

MAX_WIRE_BYTES = 1_000_000 - 4_096
"""Bytes of a document as JSON text inside a JSON answer (``lambda_src/api/message.py``).

A load balancer takes 1 MB from a function. Quotes and line ends count twice; so do, up to three
times over, characters outside ASCII.
"""

_SUFFIX = ".json"


class Document(NamedTuple):
    """One document. ``content`` is UTF-8 and strict JSON."""

    name: str
    path: Path
    content: bytes


def load(source: Path = SOURCE) -> tuple[Document, ...]:
    """Every document, checked, in the order of their names.

    Files that do not end in ``.json`` are none of the API's business. Raises DocumentError, with
    file and line, for the first document that the API could not serve; also for a folder without
    documents, since applying that would delete every one that is served today.
    """
    source = source.resolve()
    try:
        paths = sorted(
            path
            for path in source.iterdir()
            if path.suffix.lower() == _SUFFIX and not path.name.startswith(".")
        )
    except OSError as error:
        raise DocumentError(error.strerror or str(error), file=source) from error
    if not paths:
        raise DocumentError("no documents", file=source, hint="add one, such as hello.json")
    return tuple(_read(path) for path in paths)


def check(source: Path = SOURCE) -> tuple[Path, ...]:
    """The paths of all documents. Raises as :func:`load` does."""
    return tuple(document.path for document in load(source))


def mirror(source: Path, target: Path) -> tuple[Path, ...]:
    """Make ``target`` hold exactly the documents of ``source``; the paths there.

    Nothing is written unless every document is right. Each file changes at once; one that is right
    already is left untouched; a ``.json`` file that is no document any more is removed, and no
    other file is. Raises DocumentError.
    """
    documents = load(source)
    if source.resolve() in (target.resolve(), *target.resolve().parents):
        raise DocumentError("the target cannot be inside the documents", file=target)
    mirrored = tuple(target / document.path.name for document in documents)
    try:
        for document, path in zip(documents, mirrored):  # noqa: B905 - 3.8
            atomic.write(path, document.content)
        for path in target.glob(f"*{_SUFFIX}"):
            if path not in mirrored:
                path.unlink()
    except OSError as error:
        raise DocumentError(error.strerror or str(error), file=error.filename or target) from error
    return mirrored


def _read(path: Path) -> Document:
    # What a person types, not where the checkout happens to be.
    shown = f"{path.parent.name}/{path.name}"
    name = path.name[: -len(_SUFFIX)]
    if not path.name.endswith(_SUFFIX) or not NAME.fullmatch(name):
        raise DocumentError(
            "the API does not take this name",
            file=shown,
            hint="1 to 64 of a-z, 0-9, - and _, a letter or digit first, then .json",
        )
    if path.is_symlink() or not path.is_file():
        raise DocumentError("not a plain file", file=shown)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(error.strerror or str(error), file=shown) from error
    _check_content(content, shown)
    return Document(name, path, content)


def _check_content(content: bytes, shown: str) -> None:
    try:
        text = content.decode("utf-8")
        strict_json.check(text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError("not UTF-8", file=shown, line=line) from None
    except strict_json.JsonError as error:
        raise DocumentError(f"not JSON: {error.reason}", file=shown, line=error.line) from None
    size = len(json.dumps(text))
    if size > MAX_WIRE_BYTES:
        raise DocumentError(
            f"too large: {size:,} bytes in an answer, of which a load balancer takes "
            f"{MAX_WIRE_BYTES:,}",
            file=shown,
            hint="split it",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0, or that of the error, which is one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m terrarium.documents",
        description="Check the documents and copy them to TARGET_DIR.",
    )
    parser.add_argument("target", type=Path, metavar="TARGET_DIR", help="holds exactly these then")
    parser.add_argument(
        "--source", type=Path, default=SOURCE, metavar="DIR", help="default: documents"
    )
    options = parser.parse_args(arguments)
    try:
        mirror(options.source, options.target)
    except TerrariumError as error:
        sys.stderr.write(f"error {error.sentence}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
