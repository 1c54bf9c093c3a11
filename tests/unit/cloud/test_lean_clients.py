from __future__ import annotations

import time
from typing import Any

import botocore.loaders
import pytest
from botocore.exceptions import UnknownServiceError

from terrarium.cloud.functions.environment import Credentials
from terrarium.cloud.lean_clients import LeanClients
from tests.unit.cloud.plane import DEV, REGION, Plane

_URL = "http://127.0.0.1:4747"
_CREDENTIALS = Credentials("test", "test", "token", 0.0)


def made(operations: dict[str, list[str]], **options: Any) -> LeanClients:
    return LeanClients(operations, _URL, REGION, **options)


def test_a_client_can_do_what_is_named_and_nothing_else() -> None:
    client = made({"sts": ["GetCallerIdentity"]}).client("sts", _CREDENTIALS)
    assert client.meta.service_model.operation_names == ["GetCallerIdentity"]
    with pytest.raises(AttributeError, match="assume_role"):
        client.assume_role()


def test_an_operation_that_no_service_has_fails_when_the_client_is_made() -> None:
    with pytest.raises(KeyError, match="PutMetrics"):
        made({"cloudwatch": ["PutMetrics"]}).client("cloudwatch", _CREDENTIALS)


def test_a_service_that_is_not_named_is_unknown() -> None:
    with pytest.raises(UnknownServiceError, match="'s3'"):
        made({"sts": ["GetCallerIdentity"]}).client("s3", _CREDENTIALS)


def test_the_list_of_all_endpoints_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    load = botocore.loaders.JSONFileLoader.load_file

    def spy(self: botocore.loaders.JSONFileLoader, file_path: str) -> Any:
        read.append(file_path.rpartition("/")[2])
        return load(self, file_path)

    monkeypatch.setattr(botocore.loaders.JSONFileLoader, "load_file", spy)
    client = made({"logs": ["PutLogEvents"]}).client("logs", _CREDENTIALS)
    assert client.meta.endpoint_url == _URL
    assert "service-2" in read
    assert not {"endpoints", "endpoint-rule-set-1", "_retry"} & set(read)


def test_answers_and_pages_are_those_of_the_whole_model(plane: Plane) -> None:
    ec2 = plane.client("ec2")
    ec2.create_vpc(CidrBlock="10.0.0.0/16")
    lean = reaching(plane, made({"ec2": ["DescribeVpcs"]}), "ec2")

    def pages(client: Any) -> list[Any]:
        return [page["Vpcs"] for page in client.get_paginator("describe_vpcs").paginate()]

    assert pages(lean) == pages(ec2)
    assert [vpc["CidrBlock"] for vpc in pages(lean)[0]] == ["172.31.0.0/16", "10.0.0.0/16"]


def test_an_error_has_its_code(plane: Plane) -> None:
    logs = reaching(plane, made({"logs": ["CreateLogStream"]}), "logs")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.create_log_stream(logGroupName="/none", logStreamName="s")


def test_values_that_are_ready_arrive_as_they_are(plane: Plane) -> None:
    reader = plane.client("logs")
    reader.create_log_group(logGroupName="/g")
    reader.create_log_stream(logGroupName="/g", logStreamName="s")
    clients = made({"logs": ["PutLogEvents"]}, ready={"logs": ["InputLogEvents"]})
    now = time.time_ns() // 1_000_000
    events = [{"timestamp": now, "message": text} for text in ("one\n", "zwölf \N{SNOWMAN}")]
    reaching(plane, clients, "logs").put_log_events(
        logGroupName="/g", logStreamName="s", logEvents=events
    )
    found = reader.get_log_events(logGroupName="/g", logStreamName="s")["events"]
    assert [(each["timestamp"], each["message"]) for each in found] == [
        (now, "one\n"),
        (now, "zwölf \N{SNOWMAN}"),
    ]


def test_an_object_arrives_in_its_bucket(plane: Plane) -> None:
    reader = plane.client("s3")
    place = {"LocationConstraint": REGION}
    reader.create_bucket(Bucket=f"logs-{DEV}", CreateBucketConfiguration=place)
    s3 = reaching(plane, made({"s3": ["PutObject"]}), "s3")
    s3.put_object(Bucket=f"logs-{DEV}", Key="a/b c.gz", Body=b"\x1f\x8b")
    assert reader.get_object(Bucket=f"logs-{DEV}", Key="a/b c.gz")["Body"].read() == b"\x1f\x8b"


def reaching(plane: Plane, clients: LeanClients, service: str) -> Any:
    """A client of the control plane in this process, with the deployer's credentials."""
    keys = plane.session(f"arn:aws:iam::{DEV}:role/terrarium")
    return plane.answer(clients.client(service, Credentials(*keys, 0.0)))
