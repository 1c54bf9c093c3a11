from __future__ import annotations

import pytest
from terragrunt_runner import ConfigurationError, ResourceBlock, resource_blocks

from terrarium import settings
from terrarium.policy.configuration import Configuration, Configurations
from tests.unit.policy.plans import resource

BUCKET = resource("aws_s3_bucket.this")


def read_files(**texts: str) -> Configuration:
    files = {f"{name}.tf": text.encode() for name, text in texts.items()}
    return Configuration.of(resource_blocks(files))


def block(lifecycle: str) -> str:
    return f'resource "aws_s3_bucket" "this" {{\n  lifecycle {{\n    {lifecycle}\n  }}\n}}\n'


@pytest.mark.parametrize(
    ("said", "is_kept"), [("prevent_destroy = true", True), ("prevent_destroy = false", False)]
)
def test_a_resource_that_terraform_refuses_to_destroy_is_kept(said: str, is_kept: bool) -> None:
    assert read_files(main=block(said)).keeps(BUCKET) is is_kept


def test_a_resource_without_a_lifecycle_or_a_block_is_not_kept() -> None:
    assert not read_files(main='resource "aws_s3_bucket" "this" {}\n').keeps(BUCKET)
    assert not read_files().keeps(BUCKET)


def test_an_override_comes_last_whatever_its_name() -> None:
    protects = block("prevent_destroy = true")
    assert read_files(z=block("ignore_changes = []"), a_override=protects).keeps(BUCKET)
    loosens = block("prevent_destroy = false")
    assert not read_files(main=protects, a_override=loosens).keeps(BUCKET)
    assert read_files(main=protects, override=block("ignore_changes = []")).keeps(BUCKET)


def test_what_is_written_is_told_from_what_is_computed() -> None:
    text = 'resource "aws_s3_bucket" "this" {\n  bucket = "b"\n  rule {}\n'
    text += '  dynamic "grant" {\n    for_each = []\n    content {}\n  }\n}\n'
    configuration = read_files(main=text)
    written = [n for n in ("bucket", "rule", "grant", "policy") if configuration.writes(BUCKET, n)]
    assert written == ["bucket", "rule", "grant"]
    assert configuration.writes(resource("module.a.aws_s3_bucket.this"), "policy")


def test_a_module_that_is_not_hcl_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigurationError, match=r"main\.tf:2"):
        read_files(main='resource "a" "b" {\n  c = \n}\n')


def test_the_units_of_the_tree_are_read_with_what_is_generated_for_them() -> None:
    dev = settings.environment("dev")
    configurations = Configurations(dev, {})
    for unit in dev.units:
        assert configurations.module(unit).parent == settings.MODULES
        assert configurations.of(unit).resources
    vpc = configurations.of("network").resources["aws_vpc.this"]
    assert vpc != ResourceBlock("aws_vpc.this")
