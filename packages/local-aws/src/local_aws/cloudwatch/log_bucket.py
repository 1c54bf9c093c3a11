"""The buckets that log files go to, as the service that writes them there on AWS.

Source: Application Load Balancers guide, "Enable access logs", bucket policy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FileStore(Protocol):
    """Where files end up; called from a thread, raises when one did not arrive."""

    def put(self, bucket: str, key: str, content: bytes) -> None: ...


class LogBuckets:
    """A FileStore; ``client`` gives one that acts for the service."""

    def __init__(self, client: Callable[[], S3Client]) -> None:
        self._client = client

    def put(self, bucket: str, key: str, content: bytes) -> None:
        self._client().put_object(Bucket=bucket, Key=key, Body=content)
