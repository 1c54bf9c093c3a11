"""What is left in an account of the AWS inside the machine, service by service.

``python -m tests.e2e.inventory SNAPSHOTS ACCOUNT`` reads a snapshot in a process of its own, since
moto's state is global, and prints as JSON what the account holds beyond a fresh one::

    {"s3 eu-west-1 buckets": ["terrarium-state-111111111111-eu-west-1"], ...}

It walks whatever moto keeps rather than asking for each kind of resource: what nobody thought of
is listed too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from terrarium.cloud.control_plane import snapshot

_FRESH_ACCOUNT = "999999999999"
_DEPTH = 4


def beyond_a_fresh_account(account: str) -> dict[str, list[str]]:
    """Names of what the restored account holds, by service, Region and moto's own container."""
    found: dict[str, list[str]] = {}
    for backends in list(BackendDict._instances):
        for region, backend in dict.get(backends, account, {}).items():
            fresh = dict(_containers(type(backend)(region, _FRESH_ACCOUNT)))
            for name, held in _containers(backend):
                if len(held) > len(fresh.get(name, [])):
                    place = f"{backends.service_name} {region} {name}"
                    found[place] = sorted(set(held) - set(fresh.get(name, [])))
    return dict(sorted(found.items()))


def _containers(owner: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Each dictionary, list and set that a backend keeps, with the names of what is in it."""
    for attribute, value in vars(owner).items():
        name = prefix + attribute
        if isinstance(value, dict):
            yield name, list(_keys(value))
        elif isinstance(value, list | set | frozenset | tuple):
            yield name, [_name_of(entry) for entry in value]
        elif _is_part(value) and depth < _DEPTH:
            yield from _containers(value, f"{name}.", depth + 1)


def _keys(value: dict[Any, Any]) -> Iterator[str]:
    """Keys; those of dictionaries inside (by zone, by ARN first) as ``outer/inner``."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from (f"{key}/{name}" for name in _keys(inner))
        elif not (isinstance(inner, list | set | tuple) and not inner):
            yield str(key)


def _is_part(value: Any) -> bool:
    """An object in which a backend keeps some of its resources."""
    return (
        hasattr(value, "__dict__")
        and type(value).__module__.startswith(("moto.", "terrarium."))
        and not isinstance(value, BaseBackend)
    )


def _name_of(entry: Any) -> str:
    for attribute in ("arn", "id", "name"):
        value = getattr(entry, attribute, None)
        if isinstance(value, str):
            return value
    return str(entry)[:80]


def main() -> None:
    snapshots, account = sys.argv[1:]
    if snapshot.restore(Path(snapshots)) is None:
        sys.exit(f"no snapshot in {snapshots}")
    json.dump(beyond_a_fresh_account(account), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
