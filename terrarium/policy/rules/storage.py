"""Buckets, and whatever else holds data."""

from __future__ import annotations

from collections.abc import Iterator

from terrarium.policy.documents import Statement, is_unseen, statements
from terrarium.policy.finding import Finding
from terrarium.policy.units import UnitPlan
from terrarium.terraform.plan import Resource

_BLOCKS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)
_HOLDING_DATA = {
    "aws_cloudtrail_event_data_store": "termination_protection_enabled",
    "aws_cognito_user_pool": "deletion_protection",
    "aws_db_instance": "deletion_protection",
    "aws_dynamodb_table": "deletion_protection_enabled",
    "aws_efs_file_system": None,
    "aws_kms_key": None,
    "aws_lb": "enable_deletion_protection",
    "aws_rds_cluster": "deletion_protection",
    "aws_s3_bucket": None,
    "aws_secretsmanager_secret": None,
}
"""What holds data, or is an address that the world knows, and the argument that protects it."""


def unprotected_data(unit: UnitPlan) -> Iterator[Finding]:
    """In a protected environment, what holds data has deletion protection or prevent_destroy."""
    if not unit.is_protected:
        return
    for resource in unit.plan.of(*_HOLDING_DATA):
        argument = _HOLDING_DATA[resource.type]
        is_protected = argument is not None and resource.get(argument) in (True, "ACTIVE")
        if not is_protected and not unit.configuration.keeps(resource):
            wanted = "prevent_destroy" if argument is None else f"{argument} or prevent_destroy"
            yield Finding(unit.unit, resource.base, f"it holds data without {wanted}")


def public_buckets(unit: UnitPlan) -> Iterator[Finding]:
    """Every bucket blocks public access in all four ways."""
    for bucket in unit.plan.of("aws_s3_bucket"):
        blocks = _parts(unit, "aws_s3_bucket_public_access_block", bucket)
        if not any(all(block.get(name) for name in _BLOCKS) for block in blocks):
            yield Finding(unit.unit, bucket.base, "it does not block all public access")


def unencrypted_buckets(unit: UnitPlan) -> Iterator[Finding]:
    """Every bucket says how it encrypts, rather than leaving it to a default that may change."""
    for bucket in unit.plan.of("aws_s3_bucket"):
        if not _parts(unit, "aws_s3_bucket_server_side_encryption_configuration", bucket):
            yield Finding(unit.unit, bucket.base, "it has no encryption configuration")


def unversioned_buckets(unit: UnitPlan) -> Iterator[Finding]:
    """Every bucket keeps the versions of its objects."""
    for bucket in unit.plan.of("aws_s3_bucket"):
        versioning = _parts(unit, "aws_s3_bucket_versioning", bucket)
        states = [
            block.get("status")
            for part in versioning
            for block in part.blocks("versioning_configuration")
        ]
        if "Enabled" not in states:
            yield Finding(unit.unit, bucket.base, "it keeps no versions")


def buckets_without_tls(unit: UnitPlan) -> Iterator[Finding]:
    """Every bucket refuses requests without TLS.

    Source: S3 User Guide, "Managing access based on HTTP or HTTPS requests".
    """
    for bucket in unit.plan.of("aws_s3_bucket"):
        policies = _parts(unit, "aws_s3_bucket_policy", bucket)
        if any(is_unseen(unit, policy) for policy in policies):
            continue
        found = [statement for policy in policies for statement in statements(unit, policy)]
        if not any(_refuses_plain_http(statement) for statement in found):
            yield Finding(unit.unit, bucket.base, "it answers without TLS")


def _parts(unit: UnitPlan, kind: str, bucket: Resource) -> list[Resource]:
    return [part for part in unit.plan.of(kind) if part.refers_to("bucket", bucket)]


def _refuses_plain_http(statement: Statement) -> bool:
    return (
        not statement.allows
        and "*" in statement.principals
        and any(action in ("*", "s3:*") for action in statement.actions)
        and statement.requires("Bool", "aws:SecureTransport") == "false"
    )
