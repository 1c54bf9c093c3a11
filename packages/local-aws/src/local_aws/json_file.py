"""Small JSON files that are replaced at once and may be damaged by whoever pulled the plug."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local_aws import atomic


def read(path: Path) -> dict[str, Any] | None:
    """The object in the file; None when there is none, or when it is not a JSON object."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write(path: Path, value: dict[str, Any]) -> None:
    """Replace the file at once. Raises OSError."""
    atomic.write(path, json.dumps(value, indent=2).encode() + b"\n")
