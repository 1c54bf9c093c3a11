"""Documents in S3: ``{name}.json`` in one bucket."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)

from api.content import Content
from api.message import MAX_BODY_BYTES
from api.problem import (
    DocumentNotFound,
    DocumentTooLarge,
    Problem,
    StorageError,
    StorageUnavailable,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        GetObjectOutputTypeDef,
        GetObjectRequestTypeDef,
        ListObjectsV2RequestTypeDef,
    )

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Names of documents, matched against the whole raw path segment.

The path is not decoded before the match, so an encoded slash or dot never reaches S3.
"""

DEADLINE_SECONDS = 8.0
"""Limit for one read in all; the function has 10 s and needs the rest for the answer."""

SHORT_DEADLINE_SECONDS = 1.5
"""Limit for one read when a stale copy can be served instead."""

CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
ATTEMPTS = 2

_SUFFIX = ".json"
_LISTINGS = 10
"""Requests for one page; a bucket full of other objects must not use up the deadline."""

# At DEBUG, Lambda lets every logger write everything, credentials in headers included.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)

_TRANSIENT_ERRORS = (ConnectionError, FlexibleChecksumError, HTTPClientError, IncompleteReadError)
_TRANSIENT_STATUS = frozenset({429, 500, 502, 503, 504})
_TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"})
_TAG = re.compile(r'"[\x21\x23-\x7e]*"')

Read = TypeVar("Read")


class Summary(NamedTuple):
    """A document in a listing. ``modified`` is seconds since the epoch, ``size`` is bytes."""

    name: str
    modified: int
    size: int


class Storage:
    """Reads documents, each within ``deadline_seconds``. ``reads`` counts requests to S3."""

    def __init__(self, client: S3Client, bucket: str, *, deadline_seconds: float) -> None:
        self._client = client
        self._bucket = bucket
        self._deadline_seconds = deadline_seconds
        self.reads = 0
        # The client's timeouts apply to one address and one read each. They do not limit S3's
        # eight addresses, the name server and a slow body together; waiting for a thread does.
        # An abandoned thread ends by those timeouts, so few threads are enough.
        self._readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="s3")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Storage:
        """Make a storage from BUCKET. Raises RuntimeError without it: the deployment fails."""
        bucket = environment.get("BUCKET")
        if not bucket:
            raise RuntimeError("the environment variable BUCKET is not set")
        return cls(_client(), bucket, deadline_seconds=DEADLINE_SECONDS)

    def read(self, name: str, known: Content | None = None, *, short: bool = False) -> Content:
        """Return the document, or ``known`` if S3 says that it has not changed.

        ``name`` becomes a key as it is, so it must be valid. Raises DocumentNotFound,
        StorageUnavailable for a temporary failure, and StorageError for any other.
        """
        return self._within(short, self._get, f"{name}{_SUFFIX}", known)

    def summaries(self, limit: int, after: str | None, *, short: bool = False) -> list[Summary]:
        """Return at most ``limit`` documents after ``after``, in S3's order.

        S3 orders by key, so ``foo-bar`` comes before ``foo``. Raises as ``read`` does.
        """
        return self._within(short, self._list, limit, after)

    def _within(self, short: bool, read: Callable[..., Read], *arguments: object) -> Read:
        deadline = SHORT_DEADLINE_SECONDS if short else self._deadline_seconds
        try:
            return self._readers.submit(read, *arguments).result(deadline)
        except TimeoutError as error:
            raise StorageUnavailable("deadline") from error
        except ClientError as error:
            raise _refusal(error) from error
        except _TRANSIENT_ERRORS as error:
            raise StorageUnavailable(type(error).__name__) from error
        except BotoCoreError as error:
            raise StorageError(type(error).__name__) from error

    def _get(self, key: str, known: Content | None) -> Content:
        self.reads += 1
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": key}
        if known:
            request["IfNoneMatch"] = known.etag
        try:
            found = self._client.get_object(**request)
        except ClientError as error:
            if known and error.response["ResponseMetadata"]["HTTPStatusCode"] == 304:
                return known
            raise
        body = found["Body"]
        # Not "with ... as body": its value is the inner stream, which raises other errors.
        with body:
            if found["ContentLength"] > MAX_BODY_BYTES:
                raise DocumentTooLarge
            text = _json_text(body.read())
        etag, modified = _validators(found)
        return Content.of(text, etag, modified)

    def _list(self, limit: int, after: str | None) -> list[Summary]:
        request: ListObjectsV2RequestTypeDef = {
            "Bucket": self._bucket,
            "MaxKeys": min(1_000, limit),
        }
        if after:
            request["StartAfter"] = f"{after}{_SUFFIX}"
        listed: list[Summary] = []
        for _ in range(_LISTINGS):
            self.reads += 1
            page = self._client.list_objects_v2(**request)
            for found in page.get("Contents", ()):
                name = found["Key"].removesuffix(_SUFFIX)
                if name != found["Key"] and NAME.fullmatch(name):
                    modified = int(found["LastModified"].timestamp())
                    listed.append(Summary(name, modified, found["Size"]))
            if len(listed) >= limit or not page["IsTruncated"]:
                return listed[:limit]
            request["ContinuationToken"] = page["NextContinuationToken"]
        raise StorageError("too many objects that are not documents")


def _client() -> S3Client:
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return boto3.client("s3", config=config)


def _validators(found: GetObjectOutputTypeDef) -> tuple[str, int]:
    etag, modified = found.get("ETag", ""), found.get("LastModified")
    if modified is None or not _TAG.fullmatch(etag):
        raise StorageError("object without an entity tag or a date")
    return etag, int(modified.timestamp())


def _refusal(error: ClientError) -> Problem:
    code = error.response.get("Error", {}).get("Code", "unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchKey":
        return DocumentNotFound()
    if status in _TRANSIENT_STATUS or code in _TRANSIENT_CODES:
        return StorageUnavailable(code)
    return StorageError(code)


def _json_text(content: bytes) -> str:
    try:
        text = content.decode()
        # Numbers stay text: their form is checked, not their value.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise StorageError("object is not JSON") from error
    return text


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)
