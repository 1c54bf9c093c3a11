"""Putting our code around a method of moto."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Method = Callable[..., Any]


def around(owner: type[Any], name: str) -> Callable[[Method], Method]:
    """A decorator that replaces ``owner.name``; the replacement gets the original first.

    Raises AttributeError when moto has no such method, so that a new version of moto that
    renames it fails at once and not silently.
    """
    original: Method = getattr(owner, name)

    def replace(replacement: Method) -> Method:
        @functools.wraps(original)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return replacement(original, self, *args, **kwargs)

        setattr(owner, name, method)
        return method

    return replace
