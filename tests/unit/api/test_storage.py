"""Answers of the API for failures of S3."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.api.function import BUCKET, Api, load

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FailingS3(ThreadingHTTPServer):
    """A fake S3 that answers the first GET with ``status``, then with ``later_status``."""

    daemon_threads = True
    status = 200
    later_status: int | None = None
    body = b"{}"
    etag: str | None = '"d751713988987e9331980363e24189ce"'
    checksum: str | None = None
    promised: int | None = None
    silent = False
    requests = 0
    released: threading.Event

    def fail(self, status: int, code: str) -> None:
        self.status = status
        self.body = f"<Error><Code>{code}</Code><Message>secret detail</Message></Error>".encode()


class _Answer(BaseHTTPRequestHandler):
    server: FailingS3
    timeout = 5

    def do_GET(self) -> None:
        s3 = self.server
        s3.requests += 1
        if s3.silent:
            s3.released.wait(20)
            return
        status = s3.status if s3.requests == 1 else s3.later_status or s3.status
        self.send_response(status)
        self.send_header("content-type", "application/xml")
        self.send_header("last-modified", "Tue, 14 Nov 2023 22:13:20 GMT")
        if s3.checksum:
            self.send_header("x-amz-checksum-crc32", s3.checksum)
        if s3.etag:
            self.send_header("etag", s3.etag)
        self.send_header("content-length", str(s3.promised or len(s3.body)))
        self.end_headers()
        self.wfile.write(s3.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def failing() -> Iterator[FailingS3]:
    server = FailingS3(("127.0.0.1", 0), _Answer)
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def variables(environment: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The function's environment, with one attempt for each request."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("api.storage.ATTEMPTS", 1)
        yield monkeypatch


@pytest.fixture
def broken(failing: FailingS3, variables: pytest.MonkeyPatch) -> Api:
    """The API in front of the failing S3."""
    variables.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{failing.server_port}")
    return load()


@pytest.mark.parametrize(
    ("status", "code", "problem", "is_temporary"),
    [
        (500, "InternalError", (503, "storage_unavailable"), True),
        (503, "SlowDown", (503, "storage_unavailable"), True),
        (503, "ServiceUnavailable", (503, "storage_unavailable"), True),
        (429, "TooManyRequests", (503, "storage_unavailable"), True),
        (400, "RequestTimeout", (503, "storage_unavailable"), True),
        (403, "AccessDenied", (502, "storage_error"), False),
        (404, "NoSuchBucket", (502, "storage_error"), False),
        (403, "InvalidObjectState", (502, "storage_error"), False),
        (400, "KMS.DisabledException", (502, "storage_error"), False),
        (403, "RequestTimeTooSkewed", (502, "storage_error"), False),
    ],
)
def test_only_a_temporary_failure_has_retry_after_and_none_shows_the_message_of_s3(
    broken: Api,
    failing: FailingS3,
    status: int,
    code: str,
    problem: tuple[int, str],
    is_temporary: bool,
) -> None:
    failing.fail(status, code)
    response = broken.get("/api/foo")
    assert response.problem == problem
    assert ("retry-after" in response.headers) == is_temporary
    assert "secret" not in response.body
    assert BUCKET not in response.body


@pytest.mark.parametrize(
    ("attribute", "value", "problem"),
    [
        ("promised", 500, (503, "storage_unavailable")),
        ("checksum", "AAAAAA==", (503, "storage_unavailable")),
        ("etag", None, (502, "storage_error")),
    ],
    ids=["truncated", "wrong checksum", "no entity tag"],
)
def test_a_damaged_object_is_not_served(
    broken: Api, failing: FailingS3, attribute: str, value: Any, problem: tuple[int, str]
) -> None:
    setattr(failing, attribute, value)
    assert broken.get("/api/foo").problem == problem


def test_an_s3_that_refuses_connections_is_a_503(variables: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        variables.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert load().get("/api/foo").problem == (503, "storage_unavailable")


@pytest.mark.parametrize(
    ("read_timeout", "deadline"), [(0.05, 8.0), (20, 0.05)], ids=["read timeout", "deadline"]
)
def test_an_s3_that_does_not_answer_in_time_is_a_503(
    failing: FailingS3, variables: pytest.MonkeyPatch, read_timeout: float, deadline: float
) -> None:
    failing.silent = True
    variables.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{failing.server_port}")
    variables.setattr("api.storage.READ_TIMEOUT_SECONDS", read_timeout)
    variables.setattr("api.storage.DEADLINE_SECONDS", deadline)
    assert load().get("/api/foo").problem == (503, "storage_unavailable")


def test_one_failure_of_s3_is_retried(failing: FailingS3, variables: pytest.MonkeyPatch) -> None:
    variables.undo()
    variables.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{failing.server_port}")
    failing.status, failing.later_status = 503, 200
    assert load().get("/api/foo").status == 200
    assert failing.requests == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b'{"a": 1',
        b"{'a': 1}",
        b'{"a": NaN}',
        b"[Infinity, -Infinity]",
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda content: ascii(content[:20]),
)
def test_an_object_that_is_not_json_is_a_502(api: Api, s3: S3Client, content: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key="broken.json", Body=content)
    assert api.get("/api/broken").problem == (502, "storage_error")


@pytest.mark.parametrize(
    "content",
    ["1", "null", '"text"', "[]", " {}\n", "9" * 5_000, "1e999", '{"k": "\u00e9\U0001f331"}'],
    ids=lambda content: ascii(content[:20]),
)
def test_any_json_is_served_unchanged(s3: S3Client, content: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="any.json", Body=content.encode())
    response = load().get("/api/any")
    assert (response.status, response.body) == (200, content)
    assert response.headers["content-length"] == str(len(content.encode()))


@pytest.mark.parametrize("character", ["a", "\u00e9", '\\"'])
def test_a_document_too_large_for_a_load_balancer_is_a_502(s3: S3Client, character: str) -> None:
    api = load()
    fits = '"' + character * (900_000 // len(ascii(character))) + '"'
    s3.put_object(Bucket=BUCKET, Key="large.json", Body=fits.encode())
    assert api.get("/api/large").status == 200
    s3.put_object(Bucket=BUCKET, Key="larger.json", Body=b'"' + b"a" * 1_000_000 + b'"')
    assert api.get("/api/larger").problem == (502, "document_too_large")


def test_a_document_that_is_too_large_with_its_escapes_is_a_502(api: Api, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="escapes.json", Body=b"[" + b'"",' * 200_000 + b"1]")
    assert api.get("/api/escapes").problem == (502, "document_too_large")


@pytest.mark.parametrize("value", ["", None])
def test_a_function_without_a_bucket_does_not_start(
    variables: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        variables.delenv("BUCKET")
    else:
        variables.setenv("BUCKET", value)
    with pytest.raises(RuntimeError, match="BUCKET is not set"):
        load()


def test_an_unchanged_object_is_not_transferred_again(s3: S3Client) -> None:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("FRESH_SECONDS", "0")
        api = load()
    first = api.get("/api/foo")
    again = api.get("/api/foo")
    assert (again.status, again.body, again.headers) == (200, first.body, first.headers)
    s3.put_object(Bucket=BUCKET, Key="foo.json", Body=b'{"greeting": "changed"}')
    assert api.get("/api/foo").json() == {"greeting": "changed"}
    s3.delete_object(Bucket=BUCKET, Key="foo.json")
    assert api.get("/api/foo").problem == (404, "document_not_found")
    s3.put_object(Bucket=BUCKET, Key="foo.json", Body=first.body.encode())


def _bucket(s3: S3Client, name: str, *keys: str) -> Api:
    """Load the API with a new bucket."""
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=b"{}")
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("BUCKET", name)
        return load()


def test_the_list_contains_exactly_the_documents_of_the_bucket(s3: S3Client) -> None:
    keys = ("b.json", "a-c.json", "a.json", "A.json", "b.txt", "d/e.json", ".json", "b")
    api = _bucket(s3, "a-bucket-of-many-kinds", *keys)
    assert [each["name"] for each in api.get("/api").json()["documents"]] == ["a-c", "a", "b"]
    names, path = [], "/api?limit=1"
    while path:
        page = api.get(path).json()
        names += [each["name"] for each in page["documents"]]
        path = page["next"]
    assert names == ["a-c", "a", "b"]
    assert api.get("/health?deep=1").status == 200


def test_a_bucket_full_of_other_objects_does_not_list_forever(s3: S3Client) -> None:
    api = _bucket(s3, "a-bucket-of-text", *(f"{number}.txt" for number in range(30)))
    assert api.get("/api?limit=1").problem == (502, "storage_error")


def test_debug_logs_no_request_to_s3(
    broken: Api, failing: FailingS3, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert broken.get("/api/foo").status == 200
    assert failing.requests == 1
    assert caplog.messages == []
