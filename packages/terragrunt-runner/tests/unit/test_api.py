from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
import terragrunt_runner
from moto import mock_aws
from terragrunt_runner import (
    Backend,
    ConfigurationError,
    ResourceBlock,
    StateError,
    StateLock,
    StateOutput,
    StateStore,
    UnitDependency,
    UnitReader,
    resource_blocks,
)
from terragrunt_runner_tests.tree import write

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

README = Path(__file__).parents[2] / "README.md"
BACKEND = {"bucket": "states", "key": "a/terraform.tfstate", "region": "eu-west-1"}
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def test_the_readme_documents_every_public_name() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", README.read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(set(terragrunt_runner.__all__) - {"__version__"})
    assert all(hasattr(terragrunt_runner, name) for name in terragrunt_runner.__all__)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        {
            "env.hcl": """
                locals {
                  region = get_env("REGION")
                  role   = null
                  sizes  = [1, 2.5]
                }
            """,
            "network/terragrunt.hcl": "",
            "modules/app/main.tf": """
                resource "aws_s3_bucket" "this" {
                  bucket = "b"
                  dynamic "rule" {
                    for_each = []
                    content {}
                  }
                }
            """,
            "app/terragrunt.hcl": """
                terraform {
                  source = "../modules//app"
                }
                remote_state {
                  backend = "s3"
                  config  = { bucket = "states", key = "app", use_lockfile = true }
                }
                dependency "network" {
                  config_path  = "../network"
                  mock_outputs = { vpc_id = "mock" }
                }
                generate "override" {
                  path      = "main_override.tf"
                  if_exists = "overwrite"
                  contents  = <<-EOF
                    resource "aws_s3_bucket" "this" {
                      lifecycle {
                        prevent_destroy = true
                      }
                    }
                  EOF
                }
                inputs = { vpc_id = dependency.network.outputs.vpc_id, none = null }
            """,
        },
    )


def test_locals_are_plain_values_in_the_environment_that_is_passed(units: Path) -> None:
    values = UnitReader({"REGION": "eu-west-1"}).locals(units / "env.hcl")
    assert values == {"region": "eu-west-1", "role": None, "sizes": [1, 2.5]}
    with pytest.raises(ConfigurationError, match="REGION is not set"):
        UnitReader({}).locals(units / "env.hcl")


def test_a_unit_has_a_backend_dependencies_and_inputs(units: Path) -> None:
    reader = UnitReader({})
    settings = {"bucket": "states", "key": "app", "use_lockfile": True}
    assert reader.backend(units / "app") == Backend("s3", settings)
    assert reader.backend(units / "network") is None
    network = UnitDependency("network", units / "network", {"vpc_id": "mock"})
    assert reader.dependencies(units / "app") == (network,)
    inputs = reader.inputs(units / "app", {"network": {"vpc_id": "vpc-1"}})
    assert inputs == {"vpc_id": "vpc-1", "none": None}


def test_the_resources_of_a_unit_are_those_of_its_module_and_of_generated_files(
    units: Path,
) -> None:
    reader = UnitReader({})
    assert reader.module_folder(units / "app") == units / "modules/app"
    names = frozenset({"bucket", "rule", "lifecycle"})
    block = ResourceBlock("aws_s3_bucket.this", names, prevent_destroy=True)
    assert reader.resources(units / "app") == (block,)
    with pytest.raises(ConfigurationError, match="not a local folder"):
        reader.module_folder(units / "network")


def test_terraform_files_that_are_not_hcl_are_refused_with_file_and_line() -> None:
    with pytest.raises(ConfigurationError, match=r"main\.tf:2"):
        resource_blocks({"main.tf": b'resource "a" "b" {\n  c = \n}\n'})


@pytest.fixture
def s3() -> Iterator[S3Client]:
    with mock_aws():
        yield boto3.client(
            "s3", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
        )


def put(s3: S3Client, key: str, body: object) -> None:
    s3.put_object(Bucket="states", Key=key, Body=json.dumps(body).encode())


def test_the_state_bucket_is_created_once(s3: S3Client) -> None:
    store = StateStore(ENVIRONMENT)
    assert not store.bucket_exists(BACKEND)
    assert store.outputs(BACKEND) == {}
    assert store.bootstrap(BACKEND).created
    assert store.bucket_exists(BACKEND)
    assert not store.bootstrap(BACKEND).created


def test_outputs_and_locks_are_read_from_the_bucket(s3: S3Client) -> None:
    store = StateStore(ENVIRONMENT)
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert store.outputs(BACKEND) == {}
    assert store.lock(BACKEND) is None

    put(s3, "a/terraform.tfstate", {"outputs": {"id": {"value": "x", "sensitive": True}}})
    assert store.outputs(BACKEND) == {"id": StateOutput("x", is_sensitive=True)}
    lock = {"ID": "1", "Who": "ada", "Created": "today", "Operation": "OperationTypeApply"}
    put(s3, "a/terraform.tfstate.tflock", lock)
    assert store.lock(BACKEND) == StateLock("1", "ada", "today", "OperationTypeApply")
    put(s3, "a/terraform.tfstate.tflock", [])
    unreadable = store.lock(BACKEND)
    assert unreadable is not None and unreadable.who == "an unreadable lock object"

    for not_a_state in ({"outputs": {"id": 1}}, ["no", "state"]):
        put(s3, "a/terraform.tfstate", not_a_state)
        with pytest.raises(
            StateError, match=r"s3://states/a/terraform\.tfstate is not a Terraform"
        ):
            store.outputs(BACKEND)
