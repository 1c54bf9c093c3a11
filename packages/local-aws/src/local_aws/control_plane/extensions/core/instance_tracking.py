"""Stop moto from keeping a reference to every model instance.

moto keeps them for its dashboard, which this control plane does not serve. A deleted resource or
log event would never leave the memory.
"""

from __future__ import annotations

from typing import Any

from moto.core.common_models import BaseModel


def install() -> None:
    BaseModel.__new__ = _new


def _new(cls: type, *_: Any, **__: Any) -> object:
    return object.__new__(cls)
