from __future__ import annotations

from collections.abc import Iterator

import botocore.session
import pytest
from botocore.exceptions import ClientError
from local_aws.control_plane.http import Request, Response
from local_aws_tests.plane import REGION, Plane

BUCKET, KEY, BODY = "documents", "foo.json", b'{"a": "document"}'


def operations(*methods: str) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and subresource of every S3 operation with one of the methods."""
    model = botocore.session.Session().get_service_model("s3")
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        if query and http["method"] in methods:
            yield http["method"], path.replace("{Bucket}", BUCKET).replace("{Key+}", KEY), query


class Bucket:
    """A bucket with a document, and signed requests to it."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.s3 = plane.create_bucket(BUCKET)
        self.s3.put_object(Bucket=BUCKET, Key=KEY, Body=BODY)

    def request(self, method: str, path: str, query: str) -> Response:
        credential = f"Credential={self.plane.access_key}/20260101/{REGION}/s3/aws4_request"
        authorization = ("authorization", f"AWS4-HMAC-SHA256 {credential}")
        host = ("host", "127.0.0.1:4747")
        return self.plane.handle(Request(method, path, query, (authorization, host), b""))


@pytest.fixture
def bucket(plane: Plane) -> Bucket:
    return Bucket(plane)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("PUT", f"/{BUCKET}", "analytics"),
        ("GET", f"/{BUCKET}", "metrics"),
        ("DELETE", f"/{BUCKET}", "intelligent-tiering"),
        ("DELETE", f"/{BUCKET}", "inventory"),
        ("GET", f"/{BUCKET}/{KEY}", "torrent"),
        ("GET", f"/{BUCKET}/{KEY}", "retention"),
        ("PUT", f"/{BUCKET}/{KEY}", "renameObject"),
    ],
)
def test_an_unknown_subresource_is_not_implemented(
    bucket: Bucket, method: str, path: str, query: str
) -> None:
    answer = bucket.request(method, path, f"{query}=&id=x")
    assert answer.status == 501
    assert f"does not implement s3 {method} {path}?{query}".encode() in answer.body


def test_no_read_of_a_subresource_returns_the_bucket_or_object(bucket: Bucket) -> None:
    lists = {"list-type=2", "versions", "attributes"}
    for method, path, query in operations("GET"):
        if query not in lists:
            body = bucket.request(method, path, query).body
            assert b"ListBucketResult" not in body, query
            assert body != BODY, query


def test_no_deletion_of_a_subresource_deletes_the_bucket_or_object(bucket: Bucket) -> None:
    for method, path, query in operations("DELETE"):
        bucket.request(method, path, query)
    assert bucket.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == BODY


def test_the_bucket_owner_pays_for_requests_by_default(bucket: Bucket) -> None:
    assert bucket.s3.get_bucket_request_payment(Bucket=BUCKET)["Payer"] == "BucketOwner"
    requester = {"Payer": "Requester"}
    bucket.s3.put_bucket_request_payment(Bucket=BUCKET, RequestPaymentConfiguration=requester)
    assert bucket.s3.get_bucket_request_payment(Bucket=BUCKET)["Payer"] == "Requester"
    invalid = {"Payer": "Nobody"}
    with pytest.raises(ClientError, match="MalformedXML"):
        bucket.s3.put_bucket_request_payment(Bucket=BUCKET, RequestPaymentConfiguration=invalid)
