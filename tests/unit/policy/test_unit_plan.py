from __future__ import annotations

import pytest
from terragrunt_runner import ResourceBlock, UnitReader, resource_blocks

from terrarium import settings
from terrarium.policy.unit_plan import Configuration
from tests.unit.policy.plans import resource

BUCKET = resource("aws_s3_bucket.this")
PROTECTED = "prevent_destroy = true"
UNPROTECTED = "prevent_destroy = false"
UNRELATED = "ignore_changes = []"


def block(lifecycle: str) -> str:
    return f'resource "aws_s3_bucket" "this" {{\n  lifecycle {{\n    {lifecycle}\n  }}\n}}\n'


@pytest.mark.parametrize(
    ("files", "is_kept"),
    [
        ({}, False),
        ({"main": 'resource "aws_s3_bucket" "this" {}\n'}, False),
        ({"main": block(PROTECTED)}, True),
        ({"main": block(UNPROTECTED)}, False),
        ({"z": block(UNRELATED), "a_override": block(PROTECTED)}, True),
        ({"main": block(PROTECTED), "a_override": block(UNPROTECTED)}, False),
        ({"main": block(PROTECTED), "override": block(UNRELATED)}, True),
    ],
)
def test_a_resource_with_prevent_destroy_is_kept_and_overrides_come_last(
    files: dict[str, str], is_kept: bool
) -> None:
    blocks = resource_blocks({f"{name}.tf": text.encode() for name, text in files.items()})
    assert Configuration.of(blocks).keeps(BUCKET) is is_kept


def test_written_arguments_are_distinguished_from_computed_ones() -> None:
    text = 'resource "aws_s3_bucket" "this" {\n  bucket = "b"\n  rule {}\n'
    text += '  dynamic "grant" {\n    for_each = []\n    content {}\n  }\n}\n'
    configuration = Configuration.of(resource_blocks({"main.tf": text.encode()}))
    written = [n for n in ("bucket", "rule", "grant", "policy") if configuration.writes(BUCKET, n)]
    assert written == ["bucket", "rule", "grant"]
    assert configuration.writes(resource("module.a.aws_s3_bucket.this"), "policy")


def test_the_files_of_every_unit_can_be_read() -> None:
    dev = settings.environment("dev")
    reader = UnitReader({})
    for unit in dev.units:
        assert reader.module_folder(dev.unit(unit)).parent == settings.MODULES
        assert Configuration.of(reader.resources(dev.unit(unit))).resources
    network = Configuration.of(reader.resources(dev.unit("network"))).resources
    assert network["aws_vpc.this"] != ResourceBlock("aws_vpc.this")
