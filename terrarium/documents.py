"""The documents that the API serves: ``documents/{name}.json``.

A Terragrunt hook runs :func:`mirror`, so a document that the API could not serve is never applied.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from terrarium import atomic
from terrarium.errors import DocumentError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""The names that the API takes (``lambda_src/api/storage.py``)."""

MAX_WIRE_BYTES = 1_000_000 - 4_096
"""Limit for a document as a JSON string inside a JSON answer (``lambda_src/api/message.py``).

A load balancer takes 1 MB from a function. Quotes and line ends take two bytes there; characters
outside ASCII take up to three times their size.
"""

MAX_DEPTH = 100
"""Limit for lists and objects inside one another; every JSON parser reads this many."""

_SUFFIX = ".json"
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Document:
    """One document. ``content`` is UTF-8 and strict JSON."""

    name: str
    path: Path
    content: bytes


def load(source: Path) -> tuple[Document, ...]:
    """Return every document of a folder, checked and sorted by name.

    Ignores files that do not end in ``.json``. Raises DocumentError, with file and line, for the
    first document that the API could not serve, and for a folder without documents: applying that
    would delete every document that is served now.
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


def mirror(source: Path, target: Path) -> tuple[Path, ...]:
    """Make ``target`` hold exactly the documents of ``source``; return the paths there.

    Writes nothing unless every document is valid, replaces each file atomically, and leaves files
    that have not changed and files that do not end in ``.json`` alone. Raises DocumentError.
    """
    documents = load(source)
    if source.resolve() in (target.resolve(), *target.resolve().parents):
        raise DocumentError("the target cannot be inside the documents", file=target)
    mirrored = tuple(target / document.path.name for document in documents)
    try:
        for document, path in zip(documents, mirrored, strict=True):
            atomic.write(path, document.content)
        for path in target.glob(f"*{_SUFFIX}"):
            if path not in mirrored:
                path.unlink()
    except OSError as error:
        raise DocumentError(error.strerror or str(error), file=error.filename or target) from error
    return mirrored


def _read(path: Path) -> Document:
    shown = f"{path.parent.name}/{path.name}"  # as a person types it, without the checkout's path
    name = path.name[: -len(_SUFFIX)]
    if not path.name.endswith(_SUFFIX) or not NAME.fullmatch(name):
        raise DocumentError(
            "the API does not take this name",
            file=shown,
            hint="use 1 to 64 of a-z, 0-9, - and _, a letter or digit first, then .json",
        )
    if path.is_symlink() or not path.is_file():
        raise DocumentError("not a plain file", file=shown)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DocumentError(error.strerror or str(error), file=shown) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DocumentError("not UTF-8", file=shown, line=line) from None
    _check_json(text, shown)
    size = len(json.dumps(text))
    if size > MAX_WIRE_BYTES:
        raise DocumentError(
            f"too large: {size:,} bytes in an answer; a load balancer takes {MAX_WIRE_BYTES:,}",
            file=shown,
            hint="split it",
        )
    return Document(name, path, content)


def _check_json(text: str, shown: str) -> None:
    """Raise DocumentError unless every JSON parser reads the text the same way.

    RFC 8259 leaves duplicate keys to the parser, and Python's accepts NaN.
    """
    if text.startswith(_BYTE_ORDER_MARK):
        raise DocumentError("not JSON: it starts with a byte order mark", file=shown, line=1)
    try:
        value = json.loads(
            text,
            # Numbers stay text: their form is checked, not their value.
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
        is_too_deep = _depth(value) > MAX_DEPTH
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} (column {error.colno})"
        raise DocumentError(reason, file=shown, line=error.lineno) from None
    except ValueError as error:
        raise DocumentError(f"not JSON: {error}", file=shown) from None
    except RecursionError:
        is_too_deep = True
    if is_too_deep:
        raise DocumentError(f"nested more than {MAX_DEPTH} deep", file=shown)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {json.dumps(key)}")
        found[key] = value
    return found


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)
