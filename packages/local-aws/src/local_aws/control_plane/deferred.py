"""A package that moto's EC2 and IAM import for a few operations, loaded when one is called.

``cryptography`` is 7 MB that key pairs and signing certificates need; no environment has either.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

PACKAGE = "cryptography"

USERS = frozenset(
    {
        "moto.acm.models",
        "moto.acmpca.models",
        "moto.cognitoidp.models",
        "moto.cognitoidp.utils",
        "moto.iot.models",
        "moto.kms.utils",
        "moto.sns.models",
    }
)
"""Modules that get the package itself: they catch its exceptions, or do little without it."""


def install() -> None:
    """From here on, until it is used, what is imported from the package stands in for it."""
    if PACKAGE not in sys.modules:
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, name: str, *_: Sequence[str] | ModuleType | None) -> ModuleSpec | None:
        if name in USERS:
            _step_aside()
            return None
        return ModuleSpec(name, self, is_package=True) if _is_of_package(name) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(self.__name__, name)


class _StandIn:
    """A module, a class or a function of the package: asked for an attribute, called, or asked
    what is an instance of it."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._real()(*args, **kwargs)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._real())

    def __or__(self, _: object) -> Any:
        return Any  # in an annotation

    def _real(self) -> Any:
        _step_aside()
        module, name = self._place
        found = importlib.import_module(module)
        return getattr(found, name, None) or importlib.import_module(f"{module}.{name}")


def _step_aside() -> None:
    finders = [finder for finder in sys.meta_path if isinstance(finder, _Finder)]
    for finder in finders:
        sys.meta_path.remove(finder)
    for name in list(sys.modules) if finders else ():
        if _is_of_package(name):
            del sys.modules[name]


def _is_of_package(name: str) -> bool:
    return name.partition(".")[0] == PACKAGE
