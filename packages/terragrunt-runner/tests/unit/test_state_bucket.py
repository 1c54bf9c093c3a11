from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from terragrunt_runner.errors import StateError
from terragrunt_runner.state import bucket as state_bucket
from terragrunt_runner.state.bucket import BootstrapResult
from terragrunt_runner.state.bucket_settings import KEPT_VERSIONS, OLD_VERSION_DAYS
from terragrunt_runner.state.s3_backend import S3States

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "states"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
CONFIG = {"bucket": BUCKET, "key": "a/terraform.tfstate", "region": REGION}
EVERYTHING = (
    "no public access",
    "TLS only",
    "encryption",
    "versioning",
    "object ownership",
    "expiration of old versions",
)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("s3", region_name=REGION)


@pytest.fixture
def states(s3: S3Client) -> S3States:
    return S3States({})


def run(states: S3States, *, update: bool = True, config: Any = None) -> BootstrapResult:
    """Run bootstrap as a new process does."""
    states.bootstrapped.clear()
    settings = CONFIG | (config or {})
    return state_bucket.bootstrap(states, settings, update=update, owner=ACCOUNT)


def a_plain_bucket(s3: S3Client, region: Any = REGION) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})


def statements(s3: S3Client) -> list[dict[str, Any]]:
    policy: dict[str, Any] = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    return list(policy["Statement"])


def encryption(s3: S3Client) -> dict[str, Any]:
    answer = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    return dict(answer["Rules"][0]["ApplyServerSideEncryptionByDefault"])


def lifecycle(s3: S3Client) -> dict[str, Any]:
    answer = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    return {rule["ID"]: rule for rule in answer["Rules"]}


def test_a_new_bucket_has_all_settings(s3: S3Client, states: S3States) -> None:
    assert run(states) == BootstrapResult(BUCKET, created=True, applied=EVERYTHING)
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert encryption(s3) == {"SSEAlgorithm": "aws:kms"}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    owner = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_plain_http_is_refused_for_the_bucket_and_its_objects(
    s3: S3Client, states: S3States
) -> None:
    run(states)
    assert statements(s3) == [
        {
            "Sid": "EnforcedTLS",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::states", "arn:aws:s3:::states/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_old_versions_expire_except_the_newest(s3: S3Client, states: S3States) -> None:
    sent: list[str] = []
    states.client(CONFIG).meta.events.register(
        "before-call.s3.PutBucketLifecycleConfiguration",
        lambda params, **_: sent.append(params["body"].decode()),
    )
    run(states)
    rules = lifecycle(s3)
    expiration = rules["old-versions-of-states"]["NoncurrentVersionExpiration"]
    assert expiration["NoncurrentDays"] == OLD_VERSION_DAYS
    # moto takes it and does not give it back.
    assert f"<NewerNoncurrentVersions>{KEPT_VERSIONS}</NewerNoncurrentVersions>" in sent[0]
    assert "Days" not in rules["old-versions-of-states"]["Expiration"]
    assert rules["broken-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_a_second_run_writes_nothing(s3: S3Client, states: S3States) -> None:
    run(states)
    called: list[str] = []
    events = states.client(CONFIG).meta.events
    events.register("before-call.s3", lambda model, **_: called.append(model.name))
    assert run(states) == BootstrapResult(BUCKET)
    assert called
    assert [name for name in called if not name.startswith(("Get", "Head"))] == []


@pytest.mark.parametrize(
    "operation",
    [
        *("PutPublicAccessBlock", "PutBucketPolicy", "PutBucketEncryption", "PutBucketVersioning"),
        *("PutBucketOwnershipControls", "PutBucketLifecycleConfiguration"),
    ],
)
def test_the_next_run_completes_an_interrupted_one(
    s3: S3Client, states: S3States, operation: str
) -> None:
    calls: list[str] = []

    def stop(model: Any, **_: Any) -> None:
        calls.append(model.name)
        if len(calls) == 1:
            raise KeyboardInterrupt

    states.client(CONFIG).meta.events.register(f"before-call.s3.{operation}", stop)
    with pytest.raises(KeyboardInterrupt):
        run(states)
    lacking = run(states)
    assert not lacking.created
    assert lacking.applied == EVERYTHING[-len(lacking.applied) :]
    assert run(states) == BootstrapResult(BUCKET)


def test_an_existing_bucket_gets_missing_settings(s3: S3Client, states: S3States) -> None:
    a_plain_bucket(s3)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    done = run(states)
    assert not done.created
    assert set(done.applied) == set(EVERYTHING) - {"versioning"}


def test_without_update_an_existing_bucket_is_not_changed(s3: S3Client, states: S3States) -> None:
    a_plain_bucket(s3)
    assert run(states, update=False) == BootstrapResult(BUCKET)
    assert run(states, config={"disable_bucket_update": True}) == BootstrapResult(BUCKET)
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)


@pytest.mark.parametrize(
    "stricter",
    [
        {"SSEAlgorithm": "aws:kms:dsse"},
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:123456789012:key/1"},
    ],
)
def test_stricter_encryption_is_kept(s3: S3Client, states: S3States, stricter: Any) -> None:
    a_plain_bucket(s3)
    rules: Any = {"Rules": [{"ApplyServerSideEncryptionByDefault": stricter}]}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=rules)
    assert "encryption" not in run(states).applied
    assert encryption(s3) == stricter


def test_a_configured_key_replaces_another_key(s3: S3Client, states: S3States) -> None:
    run(states)
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    assert run(states, config={"bucket_sse_kms_key_id": key}).applied == ("encryption",)
    assert encryption(s3) == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert run(states, config={"bucket_sse_kms_key_id": key}).applied == ()


def test_other_statements_are_kept_and_a_weakened_statement_is_restored(
    s3: S3Client, states: S3States
) -> None:
    a_plain_bucket(s3)
    arn = f"arn:aws:s3:::{BUCKET}"
    other = {"Sid": "Other", "Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl"}
    soft = {"Sid": "EnforcedTLS", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [other | {"Resource": arn}, soft | {"Resource": f"{arn}/*"}],
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    run(states)
    assert [(s["Sid"], s["Effect"]) for s in statements(s3)] == [
        ("Other", "Deny"),
        ("EnforcedTLS", "Deny"),
    ]


def test_other_lifecycle_rules_and_changes_to_ours_are_kept(s3: S3Client, states: S3States) -> None:
    a_plain_bucket(s3)
    of_others: Any = {
        "ID": "other",
        "Status": "Enabled",
        "Filter": {"Prefix": "old/"},
        "Expiration": {"Days": 1},
    }
    longer: Any = {
        "ID": "old-versions-of-states",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 3650},
    }
    s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [of_others, longer]}
    )
    run(states)
    rules = lifecycle(s3)
    assert set(rules) == {"other", "old-versions-of-states", "broken-uploads"}
    assert rules["old-versions-of-states"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 3650


def test_a_disabled_lifecycle_rule_is_enabled(s3: S3Client, states: S3States) -> None:
    run(states)
    off: Any = [rule | {"Status": "Disabled"} for rule in lifecycle(s3).values()]
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": off})
    assert run(states).applied == ("expiration of old versions",)
    assert {rule["Status"] for rule in lifecycle(s3).values()} == {"Enabled"}


def test_skip_flags_leave_settings_out(s3: S3Client, states: S3States) -> None:
    skipped = (
        *("skip_bucket_enforced_tls", "skip_bucket_public_access_blocking"),
        *("skip_bucket_ssencryption", "skip_bucket_versioning"),
    )
    assert run(states, config=dict.fromkeys(skipped, True)).applied == EVERYTHING[-2:]


def test_tags_are_added_to_existing_tags(s3: S3Client, states: S3States) -> None:
    run(states, config={"s3_bucket_tags": {"Team": "one"}})
    assert run(states, config={"s3_bucket_tags": {"Cost": 7}}).applied == ("tags",)
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]}
    assert tags == {"Team": "one", "Cost": "7"}


def test_a_bucket_of_another_account_is_refused_and_not_changed(
    s3: S3Client, states: S3States
) -> None:
    a_plain_bucket(s3)

    def as_s3_does(params: dict[str, Any], **_: Any) -> Any:
        # moto knows nothing of the header.
        if params["headers"]["x-amz-expected-bucket-owner"] == ACCOUNT:
            return None
        response = AWSResponse(params["url"], 403, HTTPHeaders(), None)
        return response, {"Error": {"Code": "403", "Message": "Forbidden"}}

    states.client(CONFIG).meta.events.register("before-call.s3.HeadBucket", as_s3_does)
    with pytest.raises(StateError, match="states is not owned by account 999999999999") as refused:
        state_bucket.bootstrap(states, CONFIG, owner="999999999999")
    assert "choose another name" in str(refused.value.hint)
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
    assert run(states).applied == EVERYTHING


def test_a_bucket_in_another_region_is_refused_and_not_changed(
    s3: S3Client, states: S3States
) -> None:
    a_plain_bucket(boto3.client("s3", region_name="eu-central-1"), "eu-central-1")
    with pytest.raises(StateError, match="states is in eu-central-1, not in eu-west-1"):
        run(states)
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
