"""What is done to start sooner changes nothing else."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest
from botocore.loaders import Loader

from tests.unit.api.function import LAMBDA_SRC

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


@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_the_loader_that_knows_one_service_loads_what_botocore_would(kind: str) -> None:
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
