from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws.control_plane.extensions.s3 import server_access_logs
from local_aws_tests.plane import DEV, Plane

BUCKET, LOGS = "documents", "documents-logs"
DEPLOYER = f"arn:aws:sts::{DEV}:assumed-role/local-aws/test"


@pytest.fixture
def s3(plane: Plane) -> Any:
    """A client; the bucket logs below ``documents/``, and the log is empty."""
    for name in (BUCKET, LOGS):
        client = plane.create_bucket(name)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{LOGS}/documents/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket=LOGS, Policy=policy)
    target = {"TargetBucket": LOGS, "TargetPrefix": "documents/"}
    client.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": target})
    for name in names(client):
        client.delete_object(Bucket=LOGS, Key=name)
    return client


def names(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=LOGS).get("Contents", [])]


def lines(s3: Any) -> list[str]:
    bodies = (s3.get_object(Bucket=LOGS, Key=name)["Body"].read() for name in names(s3))
    return b"".join(bodies).decode().splitlines()


def test_a_line_has_the_caller_the_request_and_the_status(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="foo bar.json", Body=b"{}")
    (line,) = lines(s3)
    before, _, after = line.partition("] ")
    assert before.startswith(f"{DEV} {BUCKET} [")
    assert after.startswith(
        f"127.0.0.1 {DEPLOYER} - REST.PUT.OBJECT foo%20bar.json "
        f'"PUT /{BUCKET}/foo%20bar.json HTTP/1.1" 200 - '
    )


def test_a_failed_request_has_its_error_code(s3: Any) -> None:
    with pytest.raises(ClientError):
        s3.get_object(Bucket=BUCKET, Key="none.json")
    (line,) = lines(s3)
    assert f'"GET /{BUCKET}/none.json HTTP/1.1" 404 NoSuchKey ' in line


def test_a_line_of_a_request_on_the_bucket_has_no_key(s3: Any) -> None:
    s3.get_bucket_versioning(Bucket=BUCKET)
    (line,) = lines(s3)
    assert f'REST.GET.BUCKET - "GET /{BUCKET}?versioning HTTP/1.1" 200 - ' in line


def test_a_log_object_has_several_lines(s3: Any) -> None:
    for _ in range(3):
        s3.list_objects_v2(Bucket=BUCKET)
    assert len(lines(s3)) == 3
    (name,) = names(s3)
    assert re.fullmatch(r"documents/\d{4}(-\d\d){5}-[0-9A-F]{16}", name)


def test_only_the_newest_log_objects_are_kept(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_access_logs, "OBJECT_BYTES", 1)
    s3.put_object(Bucket=LOGS, Key="elsewhere/kept", Body=b"")
    s3.put_object(Bucket=LOGS, Key="documents/2000-01-01-00-00-00-0", Body=b"an old one\n")
    for _ in range(6):
        s3.list_objects_v2(Bucket=BUCKET)
    assert len(names(s3)) == server_access_logs.MAX_OBJECTS + 1
    assert "documents/2000-01-01-00-00-00-0" not in names(s3)
    assert "elsewhere/kept" in names(s3)


def test_a_bucket_without_logging_writes_nothing(s3: Any) -> None:
    s3.put_object(Bucket=LOGS, Key="foo.json", Body=b"{}")
    assert names(s3) == ["foo.json"]


def test_a_missing_log_bucket_does_not_fail_a_request(s3: Any) -> None:
    s3.delete_bucket(Bucket=LOGS)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_a_header_cannot_add_a_line_or_a_field() -> None:
    record = server_access_logs.Record(
        owner=DEV,
        bucket=BUCKET,
        key="",
        caller="",
        method="GET",
        uri='/documents?x="y"',
        headers={"user-agent": 'a" 200\nb'},
        status=200,
        body=b"",
        milliseconds=1,
        at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert record.line.count("\n") == 1
    assert record.line.count('"') == 6
    assert "[02/Jan/2026:00:00:00 +0000]" in record.line
