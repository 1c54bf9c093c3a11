"""The state objects of an environment: outputs of units, and locks with who holds them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from terrarium.errors import StateError, StateLockedError
from terrarium.settings import Environment

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Backend:
    """Where an environment's states are: ``keys`` by unit name."""

    bucket: str
    region: str
    keys: dict[str, str]


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
    """Reads state objects from S3 without a Terraform process."""

    def __init__(self, client: S3Client, backend: Backend, environment: Environment) -> None:
        self._client = client
        self._backend = backend
        self._environment = environment

    def require_bucket(self) -> None:
        """Raises StateError when the state bucket does not exist or is not ours to read."""
        from botocore.exceptions import ClientError

        bucket = self._backend.bucket
        try:
            self._client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                raise StateError(
                    f"the state bucket {bucket} does not exist",
                    hint=f"make it once: invoke bootstrap --env {self._environment.name}",
                ) from None
            raise StateError(
                f"the state bucket {bucket} cannot be read: {error}",
                hint="check the permissions of these credentials on that bucket",
            ) from None

    def locks(self, units: Iterable[str]) -> tuple[Lock, ...]:
        """The locks that somebody holds on these units."""
        found = (self._lock(unit) for unit in units)
        return tuple(lock for lock in found if lock is not None)

    def require_unlocked(self, units: Iterable[str]) -> None:
        """Raises StateLockedError: who holds a lock, since when, and how to release it."""
        for lock in self.locks(units):
            folder = self._environment.path / lock.unit
            raise StateLockedError(
                f"{self._environment.name}/{lock.unit} is locked by {lock.who} since "
                f"{lock.created} ({lock.operation})",
                hint="wait for them; if that run is dead: "
                f"cd {folder} && terragrunt force-unlock {lock.id}",
            )

    def outputs(self, unit: str) -> dict[str, Output]:
        """Outputs by name; empty for a unit that was never applied."""
        body = self._get(self._backend.keys[unit])
        if body is None:
            return {}
        try:
            state = json.loads(body)
            return {
                name: Output(output["value"], bool(output.get("sensitive")))
                for name, output in state["outputs"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            key = self._backend.keys[unit]
            raise StateError(
                f"s3://{self._backend.bucket}/{key} is not a Terraform state",
                hint="restore an earlier version of that object; the bucket is versioned",
            ) from None

    def _lock(self, unit: str) -> Lock | None:
        body = self._get(f"{self._backend.keys[unit]}.tflock")
        if body is None:
            return None
        try:
            info = json.loads(body)
            return Lock(unit, info["ID"], info["Who"], info["Created"], info["Operation"])
        except (ValueError, KeyError, TypeError):
            return Lock(unit, "ID", "an unreadable lock object", "an unknown time", "unknown")

    def _get(self, key: str) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            return self._client.get_object(Bucket=self._backend.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
                return None
            raise StateError(
                f"s3://{self._backend.bucket}/{key} cannot be read: {error}",
                hint="check the permissions of these credentials on that bucket",
            ) from None
