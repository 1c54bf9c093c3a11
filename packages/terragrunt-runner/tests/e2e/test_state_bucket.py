"""The state bucket in the AWS inside the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from local_aws import Endpoint, LocalCloud
from local_aws_tests.accounts import DEV, PROD, REGION, Account
from terragrunt_runner.state import bucket as state_bucket
from terragrunt_runner.state.bucket import BootstrapResult
from terragrunt_runner.state.s3_backend import S3States

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = f"terrarium-state-{DEV}-{REGION}"


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    cloud = LocalCloud(tmp_path / "state")
    yield cloud.start()
    cloud.stop(save=False)


@pytest.fixture
def s3(endpoint: Endpoint) -> S3Client:
    return Account(endpoint, DEV).s3


def bootstrap(endpoint: Endpoint, account: str = DEV) -> BootstrapResult:
    config = {
        "bucket": BUCKET.replace(DEV, account),
        "key": "live/dev/network/terraform.tfstate",
        "region": REGION,
        "endpoints": {"s3": endpoint.url, "sts": endpoint.url},
        "use_path_style": True,
        "assume_role": {"role_arn": f"arn:aws:iam::{account}:role/local-aws"},
    }
    return state_bucket.bootstrap(S3States({}), config, owner=account)


def test_a_bucket_is_made_protected_and_still_serves_states(
    endpoint: Endpoint, s3: S3Client
) -> None:
    done = bootstrap(endpoint)
    assert done.created
    assert "TLS only" in done.applied
    policy: Any = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["EnforcedTLS"]
    s3.put_object(Bucket=BUCKET, Key="state", Body=b"{}")
    assert s3.get_object(Bucket=BUCKET, Key="state")["Body"].read() == b"{}"


def test_a_second_run_finds_nothing_to_do_and_a_weakened_bucket_is_mended(
    endpoint: Endpoint, s3: S3Client
) -> None:
    bootstrap(endpoint)
    assert bootstrap(endpoint) == BootstrapResult(BUCKET)
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    assert bootstrap(endpoint).applied == ("no public access", "TLS only", "versioning")
    assert bootstrap(endpoint) == BootstrapResult(BUCKET)


def test_each_account_has_its_own(endpoint: Endpoint, s3: S3Client) -> None:
    assert bootstrap(endpoint).created
    assert bootstrap(endpoint, PROD).created
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
