from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.unit.api.function import BUCKET, Api, load

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """The environment variables of the function, without other AWS variables."""
    nowhere = str(tmp_path_factory.getbasetemp() / "none")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "LOG_LEVEL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", nowhere)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("BUCKET", BUCKET)
        yield monkeypatch


@pytest.fixture(scope="module")
def s3(environment: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """A fake S3 with the bucket and two documents."""
    with mock_aws():
        client: S3Client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        client.put_object(Bucket=BUCKET, Key="foo.json", Body=b'{"greeting": "I am the Foo"}\n')
        client.put_object(Bucket=BUCKET, Key="bar.json", Body=b'{"greeting": "I am the Bar"}\n')
        yield client


@pytest.fixture(scope="module")
def api(s3: S3Client) -> Api:
    return load()
