"""Model instances that moto does not keep after they are deleted."""

from __future__ import annotations

from typing import Any


def new(cls: type, *_: Any, **__: Any) -> object:
    """Create an instance without a reference from the class."""
    return object.__new__(cls)
