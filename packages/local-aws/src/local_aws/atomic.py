"""Writing a file so that a reader meets the old content or the new one, and never a part of it.

The standard library alone and no newer syntax than Python 3.8's, for the packager's sake.
"""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, content: bytes) -> bool:
    """Make ``content`` the content of ``path``; whether anything changed.

    A file that has this content already is left untouched, its time too. Folders are made as
    needed. Raises OSError.
    """
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        if temporary.exists():
            temporary.unlink()
        raise
    return True
