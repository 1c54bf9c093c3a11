"""botocore's service models without their prose: half the memory that a process has for AWS.

The models are JSON files whose documentation nobody asks for here, and botocore keeps each of their
objects as an OrderedDict, at twice the size of a dict that keeps its order as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

_PROSE = frozenset({"documentation", "documentationUrl"})


def install() -> None:
    """Have every model that botocore loads from now on be read this way."""
    from botocore.loaders import JSONFileLoader

    def load(
        _: JSONFileLoader, full_path: str, open_method: Callable[[str, str], IO[bytes]]
    ) -> dict[str, Any] | None:
        if not Path(full_path).is_file():
            return None
        with open_method(full_path, "rb") as file:
            return read(file.read())

    JSONFileLoader._load_file = load  # type: ignore[attr-defined]


def read(content: bytes) -> dict[str, Any]:
    model: dict[str, Any] = json.loads(content, object_pairs_hook=_object)
    return model


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A member of a structure may be called so: then its value is an object, never text. botocore
    # asks a few objects for their documentation, so it is empty and not absent.
    return {
        name: "" if name in _PROSE and isinstance(value, str) else value for name, value in pairs
    }
