from __future__ import annotations

from typing import Any

import pytest
from terragrunt_runner import ResourceBlock

from terrarium.policy.configuration import Configuration
from terrarium.policy.finding import Rule
from terrarium.policy.rules import storage
from terrarium.terraform.plan import Resource
from tests.unit.policy.plans import Reference, found, policy, resource, unit

BUCKET = "aws_s3_bucket.this"
OF_BUCKET = Reference(BUCKET, f"{BUCKET}.id")
CLOSED = {
    "block_public_acls": True,
    "block_public_policy": True,
    "ignore_public_acls": True,
    "restrict_public_buckets": True,
}
TLS_ONLY: dict[str, Any] = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def part(kind: str, **values: Any) -> Resource:
    return resource(f"aws_s3_bucket_{kind}.this", bucket=OF_BUCKET, **values)


COMPLETE: dict[Rule, Resource] = {
    storage.public_buckets: part("public_access_block", **CLOSED),
    storage.unencrypted_buckets: part("server_side_encryption_configuration"),
    storage.unversioned_buckets: part(
        "versioning", versioning_configuration=[{"status": "Enabled"}]
    ),
    storage.buckets_without_tls: part("policy", policy=policy(TLS_ONLY)),
}
RULES = pytest.mark.parametrize("rule", COMPLETE, ids=lambda rule: rule.__name__)


@RULES
def test_a_bucket_that_lacks_a_part_is_found_and_a_complete_one_is_not(rule: Rule) -> None:
    bucket = resource(BUCKET)
    assert found(rule(unit(bucket))) == [f"app/{BUCKET}"]
    assert found(rule(unit(bucket, COMPLETE[rule]))) == []


@RULES
def test_a_part_of_another_bucket_is_no_help(rule: Rule) -> None:
    other = resource("aws_s3_bucket.other")
    assert found(rule(unit(other, COMPLETE[rule]))) == ["app/aws_s3_bucket.other"]


@pytest.mark.parametrize("name", CLOSED)
def test_public_access_is_blocked_in_all_four_ways(name: str) -> None:
    half = part("public_access_block", **(CLOSED | {name: False}))
    assert found(storage.public_buckets(unit(resource(BUCKET), half))) == [f"app/{BUCKET}"]


def test_suspended_versioning_keeps_no_versions() -> None:
    suspended = part("versioning", versioning_configuration=[{"status": "Suspended"}])
    plan = unit(resource(BUCKET), suspended)
    assert found(storage.unversioned_buckets(plan)) == [f"app/{BUCKET}"]


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Allow"},
        {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
        {"Action": "s3:PutObject"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {}},
    ],
)
def test_a_policy_that_refuses_only_some_plain_requests_is_not_tls_only(
    changed: dict[str, Any],
) -> None:
    weak = part("policy", policy=policy(TLS_ONLY | changed))
    assert found(storage.buckets_without_tls(unit(resource(BUCKET), weak))) == [f"app/{BUCKET}"]


def test_the_key_of_a_condition_is_read_whatever_its_case_and_type() -> None:
    condition = {"Bool": {"AWS:securetransport": False}}
    strict = part("policy", policy=policy(TLS_ONLY | {"Condition": condition}))
    assert found(storage.buckets_without_tls(unit(resource(BUCKET), strict))) == []


def test_a_bucket_policy_that_is_not_known_yet_is_not_judged() -> None:
    later = part("policy", policy=Reference("aws_s3_bucket.this.arn"))
    assert found(storage.buckets_without_tls(unit(resource(BUCKET), later))) == []


def test_data_in_a_protected_environment_cannot_be_destroyed_by_accident() -> None:
    resources = (
        resource(BUCKET),
        resource("aws_s3_bucket.kept"),
        resource("aws_kms_key.this"),
        resource("aws_lb.this", enable_deletion_protection=True),
        resource("aws_lb.bare", enable_deletion_protection=False),
        resource("aws_cognito_user_pool.this", deletion_protection="INACTIVE"),
    )
    kept = Configuration.of([ResourceBlock("aws_s3_bucket.kept", prevent_destroy=True)])
    assert found(storage.unprotected_data(unit(*resources, configuration=kept))) == [
        f"app/{BUCKET}",
        "app/aws_kms_key.this",
        "app/aws_lb.bare",
        "app/aws_cognito_user_pool.this",
    ]
    elsewhere = unit(*resources, env="dev", is_protected=False)
    assert found(storage.unprotected_data(elsewhere)) == []
