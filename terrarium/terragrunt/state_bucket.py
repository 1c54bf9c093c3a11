"""The bucket that holds the states: made once, protected as Terragrunt protects it.

Source: https://terragrunt.gruntwork.io/docs/features/state-backend#create-remote-state-resources-automatically
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from terrarium.terragrunt.backend_s3 import S3States, is_true, refusal, target_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ServerSideEncryptionByDefaultTypeDef

TERRAGRUNT_ONLY = frozenset(
    {
        "accesslogging_bucket_name", "accesslogging_bucket_tags", "accesslogging_target_prefix",
        "accesslogging_target_object_partition_date_source", "bucket_sse_algorithm",
        "bucket_sse_kms_key_id", "disable_aws_client_checksums", "disable_bucket_update",
        "dynamodb_table_tags", "enable_lock_table_ssencryption", "s3_bucket_tags",
        "skip_accesslogging_bucket_acl", "skip_accesslogging_bucket_enforced_tls",
        "skip_accesslogging_bucket_public_access_blocking",
        "skip_accesslogging_bucket_ssencryption", "skip_bucket_accesslogging",
        "skip_bucket_enforced_tls", "skip_bucket_public_access_blocking",
        "skip_bucket_root_access", "skip_bucket_ssencryption", "skip_bucket_versioning",
    }
)  # fmt: skip
"""Settings that Terragrunt keeps for itself and that the backend block must not have."""


def exists(states: S3States, config: Mapping[str, Any]) -> bool:
    """Whether the bucket is there. Raises StateError or IdentityError if nobody can tell."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = str(config.get("bucket"))
    try:
        return _exists(states.client(config), bucket)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise refusal(f"cannot see the state bucket {bucket}", error, code) from None
    except BotoCoreError as error:
        raise refusal(f"cannot see the state bucket {bucket}", error, "") from None


def bootstrap(states: S3States, config: Mapping[str, Any], *, update: bool = True) -> bool:
    """Make the state bucket unless it is there; True if it was made. Once a run for each bucket.

    Versioned, encrypted, public access blocked, TLS only; each can be left out with Terragrunt's
    ``skip_bucket_…`` settings. With ``update``, a bucket that exists is brought to the same.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = str(config.get("bucket"))
    with states.bootstrapping:
        if bucket in states.bootstrapped:
            return False
        try:
            made = _bootstrap(states.client(config), bucket, config, update=update)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise refusal(f"cannot make the state bucket {bucket}", error, code) from None
        except BotoCoreError as error:
            raise refusal(f"cannot make the state bucket {bucket}", error, "") from None
        states.bootstrapped.add(bucket)
    return made


def _bootstrap(client: S3Client, bucket: str, config: Mapping[str, Any], *, update: bool) -> bool:
    made = not _exists(client, bucket) and _make(client, bucket, target_of(config).region)
    if made or (update and not is_true(config.get("disable_bucket_update"))):
        _protect(client, bucket, config)
    return made


def _exists(client: S3Client, bucket: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchBucket", "NotFound"):
            return False
        raise
    return True


def _make(client: S3Client, bucket: str, region: str | None) -> bool:
    """False if another run was quicker."""
    try:
        if region in (None, "us-east-1"):
            client.create_bucket(Bucket=bucket)
        else:
            client.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )
    except client.exceptions.BucketAlreadyOwnedByYou:
        return False
    client.get_waiter("bucket_exists").wait(Bucket=bucket, WaiterConfig={"Delay": 1})
    return True


def _protect(client: S3Client, bucket: str, config: Mapping[str, Any]) -> None:
    if not is_true(config.get("skip_bucket_versioning")):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    if not is_true(config.get("skip_bucket_ssencryption")):
        rule: ServerSideEncryptionByDefaultTypeDef = {
            "SSEAlgorithm": config.get("bucket_sse_algorithm") or "aws:kms"
        }
        if config.get("bucket_sse_kms_key_id"):
            rule["KMSMasterKeyID"] = config["bucket_sse_kms_key_id"]
        client.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]
            },
        )
    if not is_true(config.get("skip_bucket_public_access_blocking")):
        client.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
    # Whoever speaks plain HTTP to a local endpoint must not lock himself out of his own bucket.
    plain = client.meta.endpoint_url.startswith("http://")
    if not plain and not is_true(config.get("skip_bucket_enforced_tls")):
        _require_tls(client, bucket)
    tags = config.get("s3_bucket_tags")
    if isinstance(tags, Mapping) and tags:
        client.put_bucket_tagging(
            Bucket=bucket,
            Tagging={"TagSet": [{"Key": k, "Value": str(v)} for k, v in sorted(tags.items())]},
        )


def _require_tls(client: S3Client, bucket: str) -> None:
    """Add the statement unless the bucket's policy has it; other statements stay."""
    from botocore.exceptions import ClientError

    sid = "EnforcedTLS"
    try:
        policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "NoSuchBucketPolicy":
            raise
        policy = {"Version": "2012-10-17", "Statement": []}
    if any(statement.get("Sid") == sid for statement in policy["Statement"]):
        return
    policy["Statement"].append(
        {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
