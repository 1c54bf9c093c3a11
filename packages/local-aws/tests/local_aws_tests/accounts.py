"""Accounts of a local AWS, and clients of them."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import psutil
from botocore.config import Config
from local_aws.ports import LOOPBACK

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "eu-west-1"
DEV, PROD = "111111111111", "222222222222"


class Reachable(Protocol):
    """A control plane that answers at ``url``."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class At:
    """A control plane with this URL."""

    url: str


class Account:
    """Clients of one account and Region, with a role of that account."""

    def __init__(self, endpoint: Reachable, account_id: str, region: str = REGION) -> None:
        self.id = account_id
        self.region = region
        self._endpoint = endpoint
        role = f"arn:aws:iam::{account_id}:role/local-aws"
        sts: Any = self._client("sts", "test", "test", None)
        given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        self._keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def client(self, service: str) -> Any:
        return self._client(service, *self._keys)

    @property
    def s3(self) -> S3Client:
        client: S3Client = self.client("s3")
        return client

    def moved_to(self, endpoint: Reachable) -> Account:
        """Return the same session against a restarted control plane."""
        moved = object.__new__(Account)
        moved.id, moved._keys, moved._endpoint = self.id, self._keys, endpoint
        moved.region = self.region
        return moved

    def _client(self, service: Any, key: str, secret: str, token: str | None) -> Any:
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self._endpoint.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )


def unused_port() -> int:
    """Return a port that no parallel test is likely to choose."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def get_json(url: str) -> tuple[int, object]:
    """Return status and JSON document of an answer, also of an error."""
    status, body = get(url)
    return status, json.loads(body)


def a_zip(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("lambda.py"), text)
    return buffer.getvalue()


def a_bucket(account: Account, name: str) -> str:
    location: Any = {"LocationConstraint": REGION}
    account.s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
    return name


def a_function(account: Account, code: bytes, name: str = "api", **more: Any) -> None:
    iam = account.client("iam")
    role = iam.create_role(RoleName=f"r-{account.region}", AssumeRolePolicyDocument="{}")["Role"]
    account.client("lambda").create_function(
        FunctionName=name,
        Role=role["Arn"],
        Runtime="python3.13",
        Handler="lambda.lambda_handler",
        Code={"ZipFile": code},
        **more,
    )
