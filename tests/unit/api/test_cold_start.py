"""What is done to start sooner changes nothing else."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from botocore import handlers
from botocore.awsrequest import AWSPreparedRequest
from botocore.loaders import Loader

from tests.unit.api.function import LAMBDA_SRC

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

s3 = importlib.import_module("api.s3")


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("eu-west-1", "https://s3.eu-west-1.amazonaws.com"),
        ("us-east-1", "https://s3.amazonaws.com"),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "https://s3.us-gov-west-1.amazonaws.com"),
    ],
)
def test_the_client_is_the_one_of_its_region(
    environment: pytest.MonkeyPatch, region: str, endpoint: str
) -> None:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("AWS_DEFAULT_REGION", region)
        assert s3.client().meta.endpoint_url == endpoint


class SentError(Exception):
    """A request on its way, stopped."""


@dataclass(frozen=True)
class Sent:
    """Where a request goes, the scope that it is signed for, and the headers that it has."""

    url: str
    scope: str
    headers: frozenset[str]


def sent(client: S3Client) -> list[Sent]:
    """What the client sends for each call that the API makes."""
    requests = []

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        scope = str(request.headers["Authorization"]).split("Credential=", 1)[1]
        scope = scope.split(",", 1)[0].split("/", 2)[2]
        requests.append(Sent(request.url, scope, frozenset(request.headers)))
        raise SentError

    client.meta.events.register("before-send.s3", stop)
    with pytest.raises(SentError):
        client.get_object(Bucket="documents", Key="foo.json", IfNoneMatch='"tag"')
    with pytest.raises(SentError):
        client.list_objects_v2(Bucket="documents", MaxKeys=10, StartAfter="foo.json")
    return requests


@pytest.mark.parametrize(
    "region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "xx-new-1"]
)
def test_requests_go_where_botocores_own_would_go_and_are_signed_for_the_same_place(
    environment: pytest.MonkeyPatch, region: str
) -> None:
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("AWS_DEFAULT_REGION", region)
        ours, botocores = sent(s3._lean_client()), sent(s3._client(Loader()))
    assert ours == botocores
    assert {each.scope for each in ours} == {f"{region}/s3/aws4_request"}


def test_a_botocore_that_wants_more_gets_it(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_CALLED", ("NoSuchOperation",))
    assert hasattr(s3.client(), "list_buckets")


def test_a_botocore_that_keeps_its_handlers_elsewhere_is_left_to_itself(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "handlers", object())
    assert hasattr(s3.client(), "list_buckets")


def test_other_clients_in_the_process_have_all_of_botocores_handlers(
    environment: pytest.MonkeyPatch,
) -> None:
    before = list(handlers.BUILTIN_HANDLERS)
    s3.client()
    assert before == handlers.BUILTIN_HANDLERS


def test_the_operations_that_are_called_are_botocores_own() -> None:
    ours, botocores = (
        loader.load_service_model("s3", "service-2") for loader in (s3._OneService(), Loader())
    )
    for name in s3._CALLED:
        assert ours["operations"][name] == botocores["operations"][name]
    assert ours["shapes"] == botocores["shapes"]


@pytest.mark.parametrize("kind", ["endpoint-rule-set-1", "paginators-1"])
def test_everything_else_of_s3_is_what_botocore_would_load(kind: str) -> None:
    ours, botocores = s3._OneService(), Loader()
    assert ours.load_service_model("s3", kind) == botocores.load_service_model("s3", kind)


def test_garbage_is_collected_once_the_worker_is_ready() -> None:
    program = "import gc, importlib; importlib.import_module('lambda')\n"
    program += "print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "BUCKET": "documents",
            "PATH": os.defpath,
        },
        cwd=LAMBDA_SRC,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("True True\n", "")
