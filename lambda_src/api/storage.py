"""The documents in S3: ``{name}.json`` in one bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn, cast

# boto3's client without boto3's resource layer: a third less to import in a cold start.
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
)

from api.message import MAX_BODY_BYTES
from api.problem import DocumentNotFound, StorageError, StorageUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEADLINE_SECONDS = 8.0
"""Seconds one document may take in all: within the function's 10 s, with room for the answer."""

CONNECT_TIMEOUT_SECONDS = 1.0
READ_TIMEOUT_SECONDS = 2.0
ATTEMPTS = 2

_TRANSIENT_STATUS = frozenset({429, 500, 502, 503, 504})
_TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"})


class Storage:
    """Reads documents; each within ``deadline_seconds``."""

    def __init__(self, client: S3Client, bucket: str, *, deadline_seconds: float) -> None:
        self._client = client
        self._bucket = bucket
        self._deadline_seconds = deadline_seconds
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
        client = botocore.session.get_session().create_client(
            "s3",
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_SECONDS,
                read_timeout=READ_TIMEOUT_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            ),
        )
        return cls(cast("S3Client", client), bucket, deadline_seconds=DEADLINE_SECONDS)

    def read(self, name: str) -> str:
        """The text of the document, which is JSON.

        ``name`` becomes a key as it is: it must have been validated. Raises DocumentNotFound,
        StorageUnavailable for what may pass by itself, and StorageError for everything else.
        """
        try:
            content = self._readers.submit(self._fetch, f"{name}.json").result(
                self._deadline_seconds
            )
        except TimeoutError as error:
            raise StorageUnavailable("deadline") from error
        except ClientError as error:
            raise _refusal(error) from error
        except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
            raise StorageUnavailable(type(error).__name__) from error
        except BotoCoreError as error:
            raise StorageError(type(error).__name__) from error
        return _json_text(content)

    def _fetch(self, key: str) -> bytes:
        found = self._client.get_object(Bucket=self._bucket, Key=key)
        body = found["Body"]
        # Not "with ... as body": that would be the stream below, which raises other errors.
        with body:
            if found["ContentLength"] > MAX_BODY_BYTES:
                raise StorageError("object too large to serve")
            return body.read()


def _refusal(error: ClientError) -> DocumentNotFound | StorageUnavailable | StorageError:
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
