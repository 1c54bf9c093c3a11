from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from terrarium.errors import StateError, StateLockedError
from terrarium.settings import Environment
from terrarium.states import States

BUCKET = "states"
KEY = "live/dev/network/terraform.tfstate"
LOCK = {
    "ID": "0c5c-11",
    "Operation": "OperationTypeApply",
    "Who": "ann@laptop",
    "Created": "2026-01-02T03:04:05Z",
}


class Bucket:
    """A state bucket: ``put`` writes an object, ``states`` reads them."""

    def __init__(self) -> None:
        self.client = boto3.client("s3", region_name="us-east-1")
        self.states = States(
            Environment("dev", Path("live/dev")),
            {"network": {"bucket": BUCKET, "key": KEY, "region": "us-east-1"}},
            {},
        )

    def create(self) -> None:
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, key: str, body: object) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(body).encode())


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Bucket()


def test_a_missing_bucket_is_refused_with_the_command_that_makes_it(bucket: Bucket) -> None:
    with pytest.raises(StateError, match="the state bucket states does not exist") as refused:
        bucket.states.require_bucket()
    assert refused.value.hint == "create it once: invoke bootstrap --env dev"


def test_an_unlocked_unit_in_an_existing_bucket_passes(bucket: Bucket) -> None:
    bucket.create()
    bucket.states.require_bucket()
    bucket.states.require_unlocked(["network"])


def test_a_lock_is_reported_with_owner_time_and_command_to_release_it(bucket: Bucket) -> None:
    bucket.create()
    bucket.put(f"{KEY}.tflock", LOCK)
    with pytest.raises(StateLockedError) as refused:
        bucket.states.require_unlocked(["network"])
    assert refused.value.message == (
        "dev/network is locked by ann@laptop since 2026-01-02T03:04:05Z (OperationTypeApply)"
    )
    assert "cd live/dev/network && terragrunt force-unlock 0c5c-11" in str(refused.value.hint)
