from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import botocore.parsers
import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from local_aws.control_plane.aws_errors import access_key_of, aws_error, operation_of
from local_aws.control_plane.http import Request

SERVICE = botocore.session.Session().get_service_model("cloudwatch")
CBOR = ("smithy-protocol", "rpc-v2-cbor")
FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


def signed(service: str, *headers: tuple[str, str], body: bytes = b"", path: str = "/") -> Request:
    scope = f"ASIAX/20260101/eu-west-1/{service}/aws4_request"
    authorization = ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0")
    return Request("POST", path, "", (authorization, *headers), body)


REQUESTS = {
    "ec2": signed("ec2", FORM, body=b"Action=DescribeFleets"),
    "query": signed("elasticloadbalancing", FORM, body=b"Action=DescribeFleets"),
    "json": signed("wafv2", ("x-amz-target", "AWSWAF_20190729.DescribeFleets")),
    "rest-json": signed("lambda", path="/2015-03-31/things"),
    "rest-xml": signed("s3", path="/bucket"),
    "smithy-rpc-v2-cbor": signed(
        "monitoring",
        ("smithy-protocol", "rpc-v2-cbor"),
        path="/service/X/operation/DescribeFleets",
    ),
}
WRAPPED = (signed("route53", path="/2013-04-01/x"), signed("s3", path="/v20180820/jobs"))


@pytest.mark.parametrize("protocol", REQUESTS)
def test_the_sdk_reads_code_and_message_in_each_protocol(protocol: str) -> None:
    response = aws_error(REQUESTS[protocol], 501, "NotImplemented", "no <such> & thing")
    parser: Any = botocore.parsers.create_parser(protocol)
    parsed: dict[str, Any] = parser.parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": response.body,
        },
        SERVICE.operation_model("ListMetricStreams").output_shape,
    )
    assert parsed["Error"]["Code"] == "NotImplemented"
    assert parsed["Error"]["Message"] == "no <such> & thing"


@pytest.mark.parametrize(
    ("protocol", "name"),
    [
        ("ec2", "ec2 DescribeFleets"),
        ("query", "elasticloadbalancing DescribeFleets"),
        ("json", "wafv2 DescribeFleets"),
        ("rest-json", "lambda POST /2015-03-31/things"),
        ("smithy-rpc-v2-cbor", "monitoring DescribeFleets"),
    ],
)
def test_an_operation_is_named_by_service_and_action(protocol: str, name: str) -> None:
    assert operation_of(REQUESTS[protocol]) == name


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("metrics=&id=x", "POST /bucket?metrics"),
        ("id=x", "POST /bucket"),
        ("metrics=&id=x&x-id=PutBucketMetricsConfiguration", "PutBucketMetricsConfiguration"),
    ],
)
def test_an_operation_of_s3_is_named_by_its_subresource(query: str, name: str) -> None:
    assert operation_of(replace(REQUESTS["rest-xml"], query=query)) == f"s3 {name}"


@pytest.mark.parametrize("request_", WRAPPED)
def test_only_errors_of_s3_are_not_wrapped(request_: Request) -> None:
    assert b"<ErrorResponse><Error>" in aws_error(request_, 501, "A", "b").body
    assert b"ErrorResponse" not in aws_error(REQUESTS["rest-xml"], 501, "A", "b").body


def test_the_access_key_is_read_from_the_signature() -> None:
    assert access_key_of(REQUESTS["rest-xml"]) == "ASIAX"


def test_a_request_without_a_valid_signature_gets_an_error() -> None:
    for authorization in ("", "AWS4-HMAC-SHA256", "Credential=///", "\xff" * 50):
        request = Request("GET", "/x", "", (("authorization", authorization),), b"\xff\xfe")
        assert access_key_of(request) == ""
        assert b"<Code>A</Code>" in aws_error(request, 501, "A", "b").body


def test_a_message_with_quotes_is_valid_json() -> None:
    response = aws_error(REQUESTS["json"], 501, "A", 'say "b"')
    assert json.loads(response.body)["message"] == 'say "b"'
