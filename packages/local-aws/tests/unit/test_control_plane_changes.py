from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws.control_plane.http import Request
from local_aws_tests.plane import DEV, REGION, Plane


def mark(plane: Plane) -> str:
    answer = plane.handle(Request("GET", "/_local-aws/changes", "", (), b""))
    return str(json.loads(answer.body)["mark"])


def function(plane: Plane) -> None:
    plane.create_function(plane.create_role())


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}),
        ("elbv2", "create_target_group", {"Name": "api", "TargetType": "lambda"}),
        ("lambda", "put_function_concurrency", {"ReservedConcurrentExecutions": 1}),
        ("wafv2", "create_ip_set", {"IPAddressVersion": "IPV4", "Addresses": []}),
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}),
    ],
)
def test_a_change_changes_the_mark(
    plane: Plane, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    function(plane)
    if service == "lambda":
        arguments = {"FunctionName": "api", **arguments}
    if service == "wafv2":
        arguments = {"Name": "known", "Scope": "REGIONAL", **arguments}
    before = mark(plane)
    getattr(plane.client(service), operation)(**arguments)
    assert mark(plane) != before


def test_reads_and_data_do_not_change_the_mark(plane: Plane) -> None:
    function(plane)
    logs, s3 = plane.client("logs"), plane.client("s3")
    logs.create_log_group(logGroupName="g")
    before = mark(plane)
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    event = {"timestamp": 1, "message": "m"}
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    plane.client("cloudwatch").put_metric_data(
        Namespace="N", MetricData=[{"MetricName": "M", "Value": 1.0}]
    )
    location = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    s3.put_object(Bucket="documents", Key="a.json", Body=b"{}")
    plane.session(f"arn:aws:iam::{DEV}:role/local-aws")
    plane.client("elbv2").describe_load_balancers()
    plane.client("ec2").describe_vpcs()
    plane.client("lambda").get_function(FunctionName="api")
    assert mark(plane) == before


def test_a_runtime_registers_with_the_token_only(plane: Plane) -> None:
    place = {"account": DEV, "region": REGION, "port": 1, "token": "t"}

    def register(body: bytes, token: str) -> int:
        headers = (("x-local-aws-token", token),)
        return plane.handle(Request("POST", "/_local-aws/runtimes", "", headers, body)).status

    assert register(json.dumps(place).encode(), "other") == 403
    assert register(b"[]", "token") == 400
    assert register(json.dumps({**place, "port": 99_999}).encode(), "token") == 400
    assert register(json.dumps(place).encode(), "token") == 200
