from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws.control_plane.http import Request
from local_aws.control_plane.service import ControlPlane, Settings
from local_aws.iam.principal import LOG_SERVICE
from local_aws_tests.plane import DEV, REGION, Plane, a_zip


def mark(plane: Plane | ControlPlane) -> str:
    return _changes(plane)["mark"]


def revision(plane: Plane | ControlPlane) -> str:
    return _changes(plane)["revision"]


def _changes(plane: Plane | ControlPlane) -> dict[str, str]:
    answer = plane.handle(Request("GET", "/_local-aws/changes", "", (), b""))
    found: dict[str, str] = json.loads(answer.body)
    return found


def function(plane: Plane) -> None:
    iam = plane.client("iam")
    role = iam.create_role(RoleName="api", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    plane.client("lambda").create_function(
        FunctionName="api",
        Role=role,
        Runtime="python3.13",
        Handler="lambda.handler",
        Code={"ZipFile": a_zip("")},
    )


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
    before, revised = mark(plane), revision(plane)
    getattr(plane.client(service), operation)(**arguments)
    assert mark(plane) != before
    assert revision(plane) != revised


def test_neither_reading_nor_data_changes_the_mark(plane: Plane) -> None:
    function(plane)
    logs, s3 = plane.client("logs"), plane.client("s3")
    logs.create_log_group(logGroupName="g")
    before = mark(plane)
    observe(plane)
    location = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    s3.put_object(Bucket="documents", Key="a.json", Body=b"{}")
    plane.session(f"arn:aws:iam::{DEV}:role/local-aws")
    plane.client("elbv2").describe_load_balancers()
    plane.client("ec2").describe_vpcs()
    plane.client("lambda").get_function(FunctionName="api")
    assert mark(plane) == before


def observe(plane: Plane) -> None:
    """What functions and load balancers do all the time, in a log group that is there."""
    logs = plane.client("logs")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    event = {"timestamp": 1, "message": "m"}
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    plane.client("cloudwatch").put_metric_data(
        Namespace="N", MetricData=[{"MetricName": "M", "Value": 1.0}]
    )


def bucket(plane: Plane) -> Any:
    s3 = plane.client("s3")
    location = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    return s3


def test_an_object_that_is_written_or_deleted_makes_another_revision(plane: Plane) -> None:
    s3 = bucket(plane)
    seen = [revision(plane)]
    s3.put_object(Bucket="documents", Key="a.json", Body=b"{}")
    seen.append(revision(plane))
    s3.delete_object(Bucket="documents", Key="a.json")
    seen.append(revision(plane))
    s3.delete_objects(Bucket="documents", Delete={"Objects": [{"Key": "a.json"}]})
    assert len({*seen, revision(plane)}) == 4


def test_neither_reading_nor_logs_nor_locks_make_another_revision(plane: Plane) -> None:
    s3, logs = bucket(plane), plane.client("logs")
    logs.create_log_group(logGroupName="g")
    service = plane.session(f"arn:aws:iam::{DEV}:role/local-aws", LOG_SERVICE)
    before = revision(plane)
    observe(plane)
    s3.put_object(Bucket="documents", Key="dev/terraform.tfstate.tflock", Body=b"{}")
    s3.delete_object(Bucket="documents", Key="dev/terraform.tfstate.tflock")
    plane.session(f"arn:aws:iam::{DEV}:role/local-aws")
    s3.list_objects_v2(Bucket="documents")
    plane.client("ec2").describe_vpcs()
    with contextlib.suppress(ClientError):  # the bucket's policy does not let it
        plane.client("s3", service).put_object(Bucket="documents", Key="AWSLogs/1", Body=b"")
    assert revision(plane) == before


def test_a_revision_is_restored_with_its_cloud_and_a_mark_is_not(
    plane: Plane, tmp_path: Path
) -> None:
    bucket(plane)
    before, marked = revision(plane), mark(plane)
    plane.save_and_restore()
    empty = ControlPlane(Settings(4747, tmp_path / "none", "token"))
    restored = ControlPlane(Settings(4747, tmp_path / "snapshots", "token"))
    restored.restore()
    assert revision(restored) == before
    assert mark(restored) != marked
    assert revision(empty) != before


def test_only_who_has_the_token_registers_where_functions_run(plane: Plane) -> None:
    place = {"account": DEV, "region": REGION, "port": 1, "token": "t"}

    def register(body: bytes, token: str) -> int:
        headers = (("x-local-aws-token", token),)
        return plane.handle(Request("POST", "/_local-aws/runtimes", "", headers, body)).status

    assert register(json.dumps(place).encode(), "other") == 403
    assert register(b"[]", "token") == 400
    assert register(json.dumps({**place, "port": 99_999}).encode(), "token") == 400
    assert register(json.dumps(place).encode(), "token") == 200
