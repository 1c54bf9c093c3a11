"""Server access logs of S3 buckets.

A log object has several records, as on AWS, and only the newest objects are kept. A field without a
known value is ``-``.

Source: S3 user guide, "Logging requests with server access logging" and "Amazon S3 server access
log format".
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from moto.moto_api._internal import mock_random

from local_aws.control_plane.extensions.s3.access_decision import find_bucket
from local_aws.control_plane.extensions.s3.authorization import access_key_of
from local_aws.control_plane.extensions.s3.requester import find_requester
from local_aws.control_plane.extensions.s3.vpc_route import NoRouteError
from local_aws.iam import MalformedPolicyError

OBJECT_BYTES = 64_000
"""Size of a full log object; S3 starts a new object by time instead."""

MAX_OBJECTS = 4
"""Log objects kept for a prefix, because no lifecycle rule runs here."""

_CODE = re.compile(rb"<Code>(\w+)</Code>")


@dataclass(frozen=True, slots=True)
class Record:
    """A request and its answer; header names are in lower case, ``caller`` may be empty."""

    owner: str
    bucket: str
    key: str
    caller: str
    method: str
    uri: str
    headers: Mapping[str, str]
    status: int
    body: bytes
    milliseconds: int
    at: datetime

    @property
    def line(self) -> str:
        """The record as a line, with the fields in the order of S3."""
        code = _CODE.search(self.body) if self.status >= 400 else None
        authenticated = "AuthHeader" if "authorization" in self.headers else "QueryString"
        fields = (
            self.owner,
            self.bucket,
            f"[{self.at:%d/%b/%Y:%H:%M:%S +0000}]",
            "127.0.0.1",
            self.caller or "-",
            "-",
            f"REST.{self.method}.{'OBJECT' if self.key else 'BUCKET'}",
            quote(self.key) or "-",
            f'"{self.method} {_quoted(self.uri)} HTTP/1.1"',
            str(self.status),
            code[1].decode() if code else "-",
            str(len(self.body)) if self.body and self.method != "HEAD" else "-",
            "-",
            str(self.milliseconds),
            "-",
            f'"{_quoted(self.headers.get("referer", "-"))}"',
            f'"{_quoted(self.headers.get("user-agent", "-"))}"',
            "-",
            "-",
            "SigV4" if self.caller else "-",
            "-",
            authenticated if self.caller else "-",
            quote(self.headers.get("host", "-"), safe=":[]"),
            "-",
            "-",
            "-",
        )
        return " ".join(fields) + "\n"


def log_incoming_request(*_: Any) -> None:
    """Replace the log record of moto."""


def key_response(original: Any, response: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    """Log a request to a bucket that has logging, after its answer."""
    started = time.monotonic()
    answer = original(response, request, *args, **kwargs)
    milliseconds = int((time.monotonic() - started) * 1000)
    _log(response, request, answer, milliseconds)
    return answer


bucket_response = key_response


def _log(response: Any, request: Any, answer: Any, milliseconds: int) -> None:
    owner, bucket = find_bucket(response.bucket_name or "")
    target = bucket.logging.get("TargetBucket") if bucket is not None and bucket.logging else None
    _, log_bucket = find_bucket(target or "")
    if log_bucket is None:
        return
    status, _, body = answer
    url = urlsplit(request.url)
    headers = {str(name).lower(): str(value) for name, value in request.headers.items()}
    record = Record(
        owner=owner,
        bucket=bucket.name,
        key=response.parse_key_name() if url.path.count("/") > 1 else "",
        caller=_caller(dict(parse_qsl(url.query)), headers),
        method=request.method,
        uri=f"{url.path}?{url.query}" if url.query else url.path,
        headers=headers,
        status=status,
        body=body if isinstance(body, bytes) else b"",
        milliseconds=milliseconds,
        at=datetime.now(UTC),
    )
    _deliver(response.backend, log_bucket, bucket.logging.get("TargetPrefix") or "", record)


def _deliver(backend: Any, log_bucket: Any, prefix: str, record: Record) -> None:
    names = sorted(name for name in log_bucket.keys if name.startswith(prefix))
    last = log_bucket.keys[names[-1]] if names else None
    before = last.value if last is not None and last.size < OBJECT_BYTES else b""
    if before:
        name = names.pop()
    else:
        name = f"{prefix}{record.at:%Y-%m-%d-%H-%M-%S}-{mock_random.get_random_hex(16).upper()}"
    backend.put_object(log_bucket.name, name, before + record.line.encode())
    for old in names[: -(MAX_OBJECTS - 1)]:
        backend.delete_object(log_bucket.name, old)


def _caller(query: dict[str, str], headers: dict[str, str]) -> str:
    try:
        arns = find_requester(access_key_of(query, headers)).caller.arns
    except (NoRouteError, MalformedPolicyError):
        return ""
    return arns[-1] if arns else ""


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\n", "%0A").replace("\r", "%0D")
