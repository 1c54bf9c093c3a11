"""The states of an environment's units: outputs, locks and the state bucket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from terragrunt_runner import BootstrapResult, StateOutput, StateStore

from terrarium.errors import StateError, StateLockedError
from terrarium.settings import Environment


class States:
    """Reads the states of an environment from S3.

    ``backends`` are the settings of each unit's S3 backend, by unit; ``environ`` has the
    environment variables of the target.
    """

    def __init__(
        self,
        environment: Environment,
        backends: Mapping[str, Mapping[str, Any]],
        environ: Mapping[str, str],
    ) -> None:
        self._environment = environment
        self._backends = backends
        self._store = StateStore(environ)

    def bootstrap(self, *, update: bool = True, owner: str | None = None) -> BootstrapResult:
        """Create the state bucket unless it exists. Safe to repeat.

        With ``update``, an existing bucket gets the settings that it lacks. ``owner`` is the
        account that must own the bucket.
        """
        return self._store.bootstrap(self._any_backend(), update=update, owner=owner)

    def require_bucket(self) -> None:
        """Raise StateError if the state bucket does not exist or cannot be seen."""
        backend = self._any_backend()
        if not self._store.bucket_exists(backend):
            raise StateError(
                f"the state bucket {backend['bucket']} does not exist",
                hint=f"create it once: invoke bootstrap --env {self._environment.name}",
            )

    def require_unlocked(self, units: Iterable[str]) -> None:
        """Raise StateLockedError for a held lock: who holds it, and how to release it."""
        for unit in units:
            lock = self._store.lock(self._backends[unit])
            if lock is not None:
                raise StateLockedError(
                    f"{self._environment.name}/{unit} is locked by {lock.who} since "
                    f"{lock.created} ({lock.operation})",
                    hint="wait for that run; if it is dead: "
                    f"cd {self._environment.path / unit} && terragrunt force-unlock {lock.id}",
                )

    def outputs(self, unit: str) -> dict[str, StateOutput]:
        """Return the outputs by name; empty for a unit that was never applied."""
        return self._store.outputs(self._backends[unit])

    def _any_backend(self) -> Mapping[str, Any]:
        """All units share one bucket."""
        return next(iter(self._backends.values()))
