"""The documents in S3: ``{name}.json`` in one bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)

from api import s3
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
"""Names of documents, matched in full against the raw path.

Nothing is decoded first, so no encoding of a slash or a dot can reach S3.
"""

DEADLINE_SECONDS = 8.0
"""Seconds one document may take in all: within the function's 10 s, with room for the answer."""

SHORT_DEADLINE_SECONDS = 1.5
"""The same where there is something else to answer with."""

_SUFFIX = ".json"
_LISTINGS = 10
"""Requests for one page: a bucket full of other objects must not use up the deadline."""

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
    """Reads documents; each within ``deadline_seconds``. ``reads`` counts what S3 was asked."""

    def __init__(self, client: S3Client, bucket: str, *, deadline_seconds: float) -> None:
        self._client = client
        self._bucket = bucket
        self._deadline_seconds = deadline_seconds
        self.reads = 0
        # The client's timeouts hold for one address and one read each: nothing in it bounds S3's
        # eight addresses, the name server and a slow body together. Waiting for a thread does.
        # A thread left behind ends by those timeouts, so few suffice.
        self._readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="s3")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Storage:
        """Raises RuntimeError, and so fails the deployment at once, where BUCKET is not set."""
        bucket = environment.get("BUCKET")
        if not bucket:
            raise RuntimeError("the environment variable BUCKET is not set")
        return cls(s3.client(), bucket, deadline_seconds=DEADLINE_SECONDS)

    def read(self, name: str, known: Content | None = None, *, short: bool = False) -> Content:
        """The document, which is JSON; ``known`` itself where S3 says that it has not changed.

        ``name`` becomes a key as it is: it must have been validated. Raises DocumentNotFound,
        StorageUnavailable for what may pass by itself, and StorageError for everything else.
        """
        return self._within(short, self._get, f"{name}{_SUFFIX}", known)

    def summaries(self, limit: int, after: str | None, *, short: bool = False) -> list[Summary]:
        """At most ``limit`` documents in S3's order, those after ``after``.

        S3 orders by key, hence ``foo-bar`` comes before ``foo``. Raises as ``read`` does.
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
        # Not "with ... as body": that would be the stream below, which raises other errors.
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
        raise StorageError("too many objects that are no documents")


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
        # Numbers stay text: whether they are JSON is the question, not what they are worth.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise StorageError("object is not JSON") from error
    return text


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)
