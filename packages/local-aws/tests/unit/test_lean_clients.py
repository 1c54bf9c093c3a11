from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import botocore.loaders
import pytest
from botocore.exceptions import UnknownServiceError
from local_aws.lambda_runtime.environment import Credentials
from local_aws.lean_clients import LeanClients
from local_aws_tests.plane import DEV, REGION, Plane

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


def test_values_that_are_ready_are_sent_as_they_are() -> None:
    clients = made({"logs": ["PutLogEvents"]}, ready={"logs": ["InputLogEvents"]})
    client = clients.client("logs", _CREDENTIALS)
    bodies = []

    def answer(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        bodies.append(json.loads(params["body"]))
        return SimpleNamespace(status_code=200), {}

    client.meta.events.register("before-call", answer)
    sent = {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"of no model": [1.5, None]}]}
    client.put_log_events(**sent)
    assert bodies == [sent]


def reaching(plane: Plane, clients: LeanClients, service: str) -> Any:
    """A client of the control plane in this process, with the deployer's credentials."""
    keys = plane.session(f"arn:aws:iam::{DEV}:role/local-aws")
    return plane.answer(clients.client(service, Credentials(*keys, 0.0)))
