"""Remaining resources of an account, service by service.

``python -m local_aws_tests.inventory SNAPSHOTS ACCOUNT`` reads a snapshot and
prints as JSON the resources that a fresh account does not have. It needs its own process, because
moto's state is global::

    {"s3 eu-west-1 buckets": ["terrarium-state-111111111111-eu-west-1"], ...}

It walks moto's objects instead of asking for each kind of resource, so it also lists resources that
a test does not expect.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from local_aws.control_plane import patches, snapshot
from moto.core.base_backend import BackendDict, BaseBackend

_FRESH_ACCOUNT = "999999999999"
_DEPTH = 4

_NO_RESOURCES = {
    "tags": "of resources, which are listed themselves",
    "access_keys": "of sessions, which expire",
    "assumed_roles": "sessions, which expire",
    "metric_data": "data points, which expire",
    "distributions": "data points, which expire",
    "_pagination_tokens": "of lists that a client began to read",
}
_GONE = {"deleted", "PendingDeletion"}
"""States of deleted resources that AWS still shows for a while."""


def beyond_a_fresh_account(account: str) -> dict[str, list[str]]:
    """Return names of resources, by service, Region and the container in moto's backend."""
    found: dict[str, list[str]] = {}
    for backends in list(BackendDict._instances):
        for region, backend in dict.get(backends, account, {}).items():
            fresh = dict(_containers(type(backend)(region, _FRESH_ACCOUNT)))
            for name, held in _containers(backend, getattr(backend, "vpcs", None)):
                if len(held) > len(fresh.get(name, [])):
                    place = f"{backends.service_name} {region} {name}"
                    found[place] = sorted(set(held) - set(fresh.get(name, [])))
    return dict(sorted(found.items()))


def _containers(
    owner: Any, vpcs: Container[str] | None = None, prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, list[str]]]:
    """Yield each dictionary, list and set of a backend, with the names of its entries."""
    for attribute, value in vars(owner).items():
        name = prefix + attribute
        if attribute in _NO_RESOURCES:
            continue
        if isinstance(value, dict):
            yield name, list(_keys(value, vpcs))
        elif isinstance(value, list | set | frozenset | tuple):
            yield name, [_name_of(entry) for entry in value if not _is_gone(entry, vpcs)]
        elif _is_part(value) and depth < _DEPTH:
            yield from _containers(value, vpcs, f"{name}.", depth + 1)


def _keys(value: dict[Any, Any], vpcs: Container[str] | None) -> Iterator[str]:
    """Yield keys; keys of inner dictionaries (by zone, by ARN) as ``outer/inner``."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from (f"{key}/{name}" for name in _keys(inner, vpcs))
        elif not (isinstance(inner, list | set | tuple) and not inner) and not _is_gone(
            inner, vpcs
        ):
            yield str(key)


def _is_gone(entry: Any, vpcs: Container[str] | None) -> bool:
    """Return True if it is deleted, or if it belongs to a deleted VPC."""
    states = {getattr(entry, name, None) for name in ("state", "key_state")}
    if any(isinstance(state, str) and state in _GONE for state in states):
        return True
    vpc = getattr(entry, "vpc_id", None) or getattr(getattr(entry, "subnet", None), "vpc_id", None)
    return vpcs is not None and isinstance(vpc, str) and vpc not in vpcs


def _is_part(value: Any) -> bool:
    """Return True for an object in which a backend keeps some of its resources."""
    return (
        hasattr(value, "__dict__")
        and type(value).__module__.startswith(("moto.", "local_aws."))
        and not isinstance(value, BaseBackend)
    )


def _name_of(entry: Any) -> str:
    for attribute in ("arn", "id", "name"):
        value = getattr(entry, attribute, None)
        if isinstance(value, str):
            return value
    text = str(entry)
    # An address in memory is another one the next time.
    return type(entry).__name__ if " at 0x" in text else text[:80]


def main() -> None:
    snapshots, account = sys.argv[1:]
    patches.install()
    if snapshot.restore(Path(snapshots)) is None:
        sys.exit(f"no snapshot in {snapshots}")
    json.dump(beyond_a_fresh_account(account), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
