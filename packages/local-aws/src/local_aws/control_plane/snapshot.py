"""Snapshot of moto's state in a file.

A snapshot is one pickle of the backends of all accounts and Regions, so references between services
are kept. It has the content of S3 objects and functions. cloudpickle writes it, because some
backends have lambdas. Only the same Python and moto can read it, so both are in the file name::

    snapshots/control-plane.v2.moto-5.2.5.python-3.11.snapshot

The file starts with one line of JSON (format, sha256, saved_at, size), the pickle
follows. A file is unpickled only if its hash is right.
"""

from __future__ import annotations

import copyreg
import hashlib
import importlib
import io
import json
import logging
import pickle
import platform
import sys
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cloudpickle
import moto
from moto.core.base_backend import BackendDict, backend_lock

from local_aws.errors import CloudError
from local_aws.files import write_atomically

FORMAT = 2
SUFFIX = ".snapshot"

_PREFIX = "control-plane."
_FIXED_ATTRIBUTES = frozenset(
    {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}
)
_LOCKS = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}
"""Locks, like those of SQS queues, cannot be pickled. Between two requests none is held."""

_log = logging.getLogger("local_aws.snapshot")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A written or restored file; ``skipped`` names the services that could not be saved."""

    path: Path
    saved_at: str
    size: int
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Service:
    """The content of one of moto's module-level dictionaries of accounts."""

    module: str
    name: str
    attributes: dict[str, Any]
    accounts: dict[str, Any]


def path_in(directory: Path) -> Path:
    """Return the path of the snapshot for this moto and this Python."""
    python = ".".join(platform.python_version_tuple()[:2])
    name = f"{_PREFIX}v{FORMAT}.moto-{moto.__version__}.python-{python}{SUFFIX}"
    return directory / name


def dump() -> tuple[bytes, tuple[str, ...]]:
    """Return the state as bytes, and the services that could not be pickled.

    Call it while no request is handled. Raises CloudError if nothing can be pickled.
    """
    services = list(_services())
    failures: dict[str, Exception] = {}
    try:
        return _pickled(services), ()
    except Exception:  # an object may raise anything; find its service
        for service in services:
            try:
                _pickled([service])
            except Exception as error:
                failures[service.module] = error
    for module, failure in failures.items():
        _log.warning("%s cannot be saved: %s", module, failure)
    try:
        picklable = [service for service in services if service.module not in failures]
        return _pickled(picklable), tuple(sorted(failures))
    except Exception as error:
        raise CloudError(f"the state of the cloud cannot be saved: {error}") from error


def write(path: Path, payload: bytes, skipped: tuple[str, ...] = ()) -> Snapshot:
    """Replace the file atomically. Raises CloudError if it cannot be written."""
    saved_at = datetime.now(UTC).isoformat(timespec="seconds")
    header = {
        "format": FORMAT,
        "saved_at": saved_at,
        "sha256": hashlib.sha256(payload).hexdigest(),
        "size": len(payload),
    }
    content = json.dumps(header).encode() + b"\n" + payload
    try:
        write_atomically(path, content)
    except OSError as error:
        raise CloudError(f"the snapshot {path} cannot be written: {error.strerror}") from error
    return Snapshot(path, saved_at, len(payload), skipped)


def restore(directory: Path) -> Snapshot | None:
    """Restore moto's state from the directory's snapshot; return None if there is none.

    A damaged snapshot, or one of another version, is renamed to ``….set-aside`` with a warning. The
    cloud then starts empty, and the next start does not fail on the same file.
    """
    path = path_in(directory)
    for other in sorted(directory.glob(f"{_PREFIX}*{SUFFIX}")):
        if other != path:
            _set_aside(other, f"it is of another version: this version reads {path.name}")
    if not path.exists():
        return None
    try:
        header, payload = _read(path)
        services = _Unpickler(io.BytesIO(payload)).load()
        targets = [(_backends(service.module, service.name), service) for service in services]
    except Exception as error:  # unpickling may raise anything
        _set_aside(path, f"it cannot be read: {type(error).__name__}: {error}")
        return None
    for target, service in targets:
        _install(target, service)
    return Snapshot(path, str(header["saved_at"]), len(payload))


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    first, _, payload = path.read_bytes().partition(b"\n")
    header = json.loads(first)
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']}, not {FORMAT}")
    if hashlib.sha256(payload).hexdigest() != header["sha256"]:
        raise ValueError("its content does not match its hash")
    return header, payload


def _set_aside(path: Path, reason: str) -> None:
    aside = path.with_name(path.name + ".set-aside")
    path.replace(aside)
    _log.warning("snapshot set aside as %s: %s", aside, reason)


def _services() -> Iterator[_Service]:
    for (module, name), backends in _global_backends().items():
        attributes = {k: v for k, v in vars(backends).items() if k not in _FIXED_ATTRIBUTES}
        if len(backends):
            yield _Service(module, name, attributes, dict(backends.items()))


def _global_backends() -> dict[tuple[str, str], Any]:
    """Return every loaded ``moto.<service>.models.<name>_backends`` by module and name.

    Other modules import the same dictionary. The module that defines it has its backend class.
    """
    found: dict[int, tuple[str, str, Any]] = {}
    for module_name, module in sorted(sys.modules.items()):
        if not module_name.startswith("moto.") or module is None:
            continue
        for name, value in list(vars(module).items()):
            if not isinstance(value, BackendDict):
                continue
            home = value.backend.__module__
            if module_name == home or id(value) not in found:
                found[id(value)] = (module_name, name, value)
    return {(module, name): value for module, name, value in found.values()}


def _backends(module: str, name: str) -> Any:
    backends = getattr(importlib.import_module(module), name)
    if not isinstance(backends, BackendDict):
        raise TypeError(f"{module}.{name} is not a BackendDict")
    return backends


def _install(target: Any, service: _Service) -> None:
    with backend_lock:
        target.clear()
        target.update(service.accounts)
        vars(target).update(service.attributes)
        if target not in BackendDict._instances:
            BackendDict._instances.append(target)


def _pickled(services: list[_Service]) -> bytes:
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=5).dump(services)
    return buffer.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc] # cloudpickle ships no types
    """Pickles references to moto's module-level dictionaries, not copies of them.

    It pickles the items of a dict subclass of moto, not what its methods return: the one of S3
    returns the latest version of a key, but has all versions.
    """

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol=protocol)
        self._names = {id(value): key for key, value in _global_backends().items()}

    def persistent_id(self, obj: Any) -> tuple[str, str] | None:
        return self._names.get(id(obj)) if isinstance(obj, BackendDict) else None

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is weakref.WeakValueDictionary:
            return weakref.WeakValueDictionary, (), None, None, iter(list(obj.items()))
        if type(obj) in _LOCKS:
            return _LOCKS[type(obj)], ()
        if isinstance(obj, dict) and type(obj).__module__.startswith("moto."):
            state = (vars(obj), dict(dict.items(obj)))
            return copyreg.__newobj__, (type(obj),), state, None, None, _fill  # type: ignore[attr-defined]
        if type(obj).__module__.startswith("cryptography.") and hasattr(obj, "private_bytes"):
            return _private_key, (_encoded_key(obj),)
        return super().reducer_override(obj)


def _fill(target: dict[Any, Any], state: tuple[dict[str, Any], dict[Any, Any]]) -> None:
    attributes, items = state
    vars(target).update(attributes)
    dict.update(target, items)


def _encoded_key(key: Any) -> bytes:
    """Encode a private key of KMS, which cannot be pickled."""
    from cryptography.hazmat.primitives import serialization as form

    content: bytes = key.private_bytes(
        form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    return content


def _private_key(content: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    return load_der_private_key(content, password=None)


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: tuple[str, str]) -> Any:
        return _backends(*pid)
