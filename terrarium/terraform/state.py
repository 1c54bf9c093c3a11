"""The states of an environment's units: outputs, and locks with who holds them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from terragrunt_runner.state import bucket as state_bucket
from terragrunt_runner.state.bucket import Bootstrapped
from terragrunt_runner.state.s3_backend import S3States

from terrarium.errors import StateError, StateLockedError
from terrarium.settings import Environment


@dataclass(frozen=True, slots=True)
class Lock:
    """Terraform's lock object of one unit (``<key>.tflock``)."""

    unit: str
    id: str
    who: str
    created: str
    operation: str


@dataclass(frozen=True, slots=True)
class Output:
    value: Any
    is_sensitive: bool


class States:
    """Reads state objects from S3 without a Terraform process.

    ``backends`` are the settings of each unit's S3 backend, by unit; ``environ`` the environment
    variables of the target.
    """

    def __init__(
        self,
        environment: Environment,
        backends: Mapping[str, Mapping[str, Any]],
        environ: Mapping[str, str],
    ) -> None:
        self._environment = environment
        self._backends = backends
        self._s3 = S3States(environ)

    def bootstrap(self, *, update: bool = True, owner: str | None = None) -> Bootstrapped:
        """Make the state bucket unless it is there. Safe to repeat.

        With ``update``, a bucket that is there gets the protection of a new one. It must be of the
        account ``owner``, where that is given.
        """
        backend = next(iter(self._backends.values()))
        return state_bucket.bootstrap(self._s3, backend, update=update, owner=owner)

    def require_bucket(self) -> None:
        """Raises StateError when the state bucket does not exist or cannot be seen."""
        backend = next(iter(self._backends.values()))
        if not state_bucket.exists(self._s3, backend):
            raise StateError(
                f"the state bucket {backend['bucket']} does not exist",
                hint=f"make it once: invoke bootstrap --env {self._environment.name}",
            )

    def require_unlocked(self, units: Iterable[str]) -> None:
        """Raises StateLockedError: who holds a lock, since when, and how to release it."""
        for lock in self.locks(units):
            raise StateLockedError(
                f"{self._environment.name}/{lock.unit} is locked by {lock.who} since "
                f"{lock.created} ({lock.operation})",
                hint="wait for them; if that run is dead: "
                f"cd {self._environment.path / lock.unit} && terragrunt force-unlock {lock.id}",
            )

    def locks(self, units: Iterable[str]) -> tuple[Lock, ...]:
        """The locks that somebody holds on these units."""
        found = (self._lock(unit) for unit in units)
        return tuple(lock for lock in found if lock is not None)

    def outputs(self, unit: str) -> dict[str, Output]:
        """Outputs by name; empty for a unit that was never applied."""
        found = self._s3.outputs(self._backends[unit]) or {}
        try:
            return {
                name: Output(output["value"], bool(output.get("sensitive")))
                for name, output in found.items()
            }
        except (KeyError, TypeError, AttributeError):
            backend = self._backends[unit]
            raise StateError(
                f"s3://{backend['bucket']}/{backend['key']} is not a Terraform state",
                hint="restore an earlier version of that object; the bucket is versioned",
            ) from None

    def _lock(self, unit: str) -> Lock | None:
        backend = self._backends[unit]
        body = self._s3.read({**backend, "key": f"{backend['key']}.tflock"})
        if body is None:
            return None
        try:
            info = json.loads(body)
            return Lock(unit, info["ID"], info["Who"], info["Created"], info["Operation"])
        except (ValueError, KeyError, TypeError):
            return Lock(unit, "ID", "an unreadable lock object", "an unknown time", "unknown")
