"""Checks a library against the patches for it, and applies them.

A patch names the version and the source of what it changes. A new version of a library then fails
at start, and not in some request.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module, metadata
from pkgutil import resolve_name
from typing import Any

from local_aws.errors import CloudError


class Kind(StrEnum):
    WRAP = "wrap"  # our function gets the original as its first argument
    REPLACE = "replace"
    ADD = "add"  # the library does not have the attribute
    OVERRIDE = "override"  # by a subclass or module of ours, so there is nothing to install


@dataclass(frozen=True, slots=True)
class Patch:
    """A dotted name in a library; ``digest`` is the start of the SHA-256 of its source."""

    target: str
    kind: Kind
    digest: str


@dataclass(frozen=True, slots=True)
class Extension:
    """Patches whose code is in one module of ``local_aws``.

    The function for a target has its name without underscores: ``key_response`` wraps
    ``S3Response._key_response``. ``why`` says what the library lacks.
    """

    module: str
    why: str
    patches: tuple[Patch, ...]

    @property
    def what(self) -> str:
        """The first line of the module's docstring."""
        return str(inspect.getdoc(import_module(f"local_aws.{self.module}"))).partition("\n")[0]

    def function(self, patch: Patch) -> Any:
        name = patch.target.rpartition(".")[2].strip("_")
        return getattr(import_module(f"local_aws.{self.module}"), name)


class PatchError(CloudError):
    """The installed library is not the one that a patch was written for."""


def _of(kind: Kind, owner: str, digests: Mapping[str, str]) -> tuple[Patch, ...]:
    return tuple(Patch(f"{owner}.{name}", kind, digest) for name, digest in digests.items())


def wrap(owner: str, **digests: str) -> tuple[Patch, ...]:
    return _of(Kind.WRAP, owner, digests)


def replace(owner: str, **digests: str) -> tuple[Patch, ...]:
    return _of(Kind.REPLACE, owner, digests)


def add(owner: str, *names: str) -> tuple[Patch, ...]:
    return _of(Kind.ADD, owner, dict.fromkeys(names, ""))


def override(owner: str, **digests: str) -> tuple[Patch, ...]:
    return _of(Kind.OVERRIDE, owner, digests)


def extension(module: str, why: str, *patches: tuple[Patch, ...]) -> Extension:
    return Extension(module, why, tuple(patch for group in patches for patch in group))


def install(extensions: Iterable[Extension], versions: Mapping[str, str]) -> None:
    """Check and apply every patch. Call it once in a process. Raises PatchError."""
    check_versions(versions)
    for extension in extensions:
        for patch in extension.patches:
            check(patch)
            if patch.kind is not Kind.OVERRIDE:
                _apply(patch, extension.function(patch))


def check_versions(versions: Mapping[str, str]) -> None:
    """Compare the installed libraries with the patched ones. Raises PatchError."""
    for library, expected in versions.items():
        installed = metadata.version(library)
        if installed != expected:
            raise PatchError(
                f"{library} {installed} is installed, but local-aws patches {library} {expected}",
                hint=f"pip install {library}=={expected}",
            )


def check(patch: Patch) -> None:
    """Compare the target with the one that the patch was written for. Raises PatchError."""
    source = _source(patch.target)
    if patch.kind is Kind.ADD:
        if source is not None:
            raise PatchError(f"the library already has {patch.target}, which local-aws adds")
        return
    if source is None:
        raise PatchError(f"the library has no {patch.target}, which local-aws patches")
    digest = hashlib.sha256(source.encode()).hexdigest()[:8]
    if digest != patch.digest:
        raise PatchError(
            f"{patch.target} is not the code that local-aws patches: its digest is {digest},"
            f" not {patch.digest}"
        )


def _source(target: str) -> str | None:
    """Return the source of a function, property or class as the library has it, or None."""
    try:
        found = member(target)
    except AttributeError:
        return None
    code: Any = found.fget if isinstance(found, property) else found
    return inspect.getsource(code)


def member(target: str) -> Any:
    """Return the attribute that a dotted name stands for. Raises AttributeError."""
    owner, _, name = target.rpartition(".")
    return inspect.getattr_static(resolve_name(owner), name)


def _apply(patch: Patch, function: Any) -> None:
    owner, _, name = patch.target.rpartition(".")
    if patch.kind is Kind.WRAP:
        function = _wrapped(member(patch.target), function)
    setattr(resolve_name(owner), name, function)


def _wrapped(original: Any, function: Callable[..., Any]) -> Any:
    if isinstance(original, property):
        return property(_wrapped(original.fget, function))

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(original, *args, **kwargs)

    return wrapper
