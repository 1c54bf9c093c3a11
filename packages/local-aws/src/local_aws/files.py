"""Files that several processes share: atomic writes, JSON, logs, locks."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_aws.errors import CloudError

_OLD_LOGS = 2
_TAIL_BYTES = 64 * 1024


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file in one step: a reader sees the old content or the new. Raises OSError.

    Creates missing folders.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace the file in one step. Raises OSError."""
    write_atomically(path, json.dumps(value, indent=2).encode() + b"\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file; an empty one if the file is missing or damaged."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def rotate_log(path: Path) -> None:
    """Make room for a new log: ``x.log`` becomes ``x.log.1``, and so on. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in range(_OLD_LOGS, 0, -1):
        newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if newer.exists():
            newer.replace(path.with_name(f"{path.name}.{number}"))


def tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a log; none if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []


@contextmanager
def locked(path: Path, timeout_seconds: float = 90.0) -> Iterator[None]:
    """Hold the lock file while the block runs. The kernel drops the lock of a dead process.

    Raises CloudError if another process holds it for longer than ``timeout_seconds``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_seconds
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CloudError(
                        f"another process has held {path} for {timeout_seconds:.0f} s",
                        hint=f"wait for it, or see which process it is: fuser {path}",
                    ) from None
                time.sleep(0.02)
        yield
