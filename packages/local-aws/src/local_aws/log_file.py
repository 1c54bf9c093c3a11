"""The log of a background process: fresh at each start, the last two kept."""

from __future__ import annotations

from pathlib import Path

_KEPT = 2
_TAIL_BYTES = 16 * 1024


def rotate(path: Path) -> None:
    """Make room for a fresh log: ``x.log`` becomes ``x.log.1``, and so on. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in range(_KEPT, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)


def tail(path: Path, lines: int = 8) -> str:
    """The last lines; empty when there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
