"""Settings of the state bucket.

Each function reads the setting first and writes only what is missing, so that stricter settings
stay, and the next run completes an interrupted one. Each returns True if it wrote something.

Versioning, encryption, public access and TLS follow Terragrunt, with its ``skip_bucket_…`` flags:
https://terragrunt.gruntwork.io/docs/features/state-backend#create-remote-state-resources-automatically
Object ownership and the expiration of old versions are additions of this runner.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from terragrunt_runner.state.s3_backend import is_true

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        LifecycleRuleTypeDef,
        OwnershipControlsTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionByDefaultTypeDef,
    )

OLD_VERSION_DAYS = 90
"""Days before an old version of a state expires."""

KEPT_VERSIONS = 20
"""Old versions of each state that never expire, for states that rarely change."""

_INCOMPLETE_UPLOAD_DAYS = 7
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
"""From the weakest to the strictest."""
_TLS_SID = "EnforcedTLS"
_OWNERSHIP: OwnershipControlsTypeDef = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
_NO_ACCESS: PublicAccessBlockConfigurationTypeDef = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_LIFECYCLE: tuple[LifecycleRuleTypeDef, ...] = (
    {
        "ID": "old-versions-of-states",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {
            "NoncurrentDays": OLD_VERSION_DAYS,
            "NewerNoncurrentVersions": KEPT_VERSIONS,
        },
        # A released lock leaves a delete marker.
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    },
    {
        "ID": "broken-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _INCOMPLETE_UPLOAD_DAYS},
    },
)


def apply(client: S3Client, bucket: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Apply missing settings. Returns their names. Raises botocore's errors."""
    return tuple(name for name, ensure in _SETTINGS if ensure(client, bucket, config))


def _versioning(client: S3Client, bucket: str, config: Mapping[str, Any]) -> bool:
    if is_true(config.get("skip_bucket_versioning")):
        return False
    # With MFA delete, writing it again would need the second factor.
    if client.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled":
        return False
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return True


def _encryption(client: S3Client, bucket: str, config: Mapping[str, Any]) -> bool:
    if is_true(config.get("skip_bucket_ssencryption")):
        return False
    wanted: ServerSideEncryptionByDefaultTypeDef = {
        "SSEAlgorithm": config.get("bucket_sse_algorithm") or "aws:kms"
    }
    if config.get("bucket_sse_kms_key_id"):
        wanted["KMSMasterKeyID"] = config["bucket_sse_kms_key_id"]
    if _is_strict_enough(_encryption_of(client, bucket), wanted):
        return False
    client.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": wanted, "BucketKeyEnabled": True}]
        },
    )
    return True


def _encryption_of(client: S3Client, bucket: str) -> Mapping[str, Any]:
    """Return the bucket's default encryption; empty if there is none."""
    answer = _get(
        lambda: client.get_bucket_encryption(Bucket=bucket),
        "ServerSideEncryptionConfigurationNotFoundError",
    )
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    found: Mapping[str, Any] = (
        rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    )
    return found


def _is_strict_enough(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Any key is strict enough, unless a certain key is wanted."""
    strength, least = (
        _ALGORITHMS.index(rule["SSEAlgorithm"]) if rule.get("SSEAlgorithm") in _ALGORITHMS else -1
        for rule in (found, wanted)
    )
    if "KMSMasterKeyID" in wanted and found.get("KMSMasterKeyID") != wanted["KMSMasterKeyID"]:
        return False
    return strength >= least


def _public_access(client: S3Client, bucket: str, config: Mapping[str, Any]) -> bool:
    if is_true(config.get("skip_bucket_public_access_blocking")):
        return False
    answer = _get(
        lambda: client.get_public_access_block(Bucket=bucket),
        "NoSuchPublicAccessBlockConfiguration",
    )
    if answer.get("PublicAccessBlockConfiguration") == _NO_ACCESS:
        return False
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=_NO_ACCESS)
    return True


def _ownership(client: S3Client, bucket: str, _: Mapping[str, Any]) -> bool:
    answer = _get(
        lambda: client.get_bucket_ownership_controls(Bucket=bucket),
        "OwnershipControlsNotFoundError",
    )
    if answer.get("OwnershipControls") == _OWNERSHIP:
        return False
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=_OWNERSHIP)
    return True


def _tls(client: S3Client, bucket: str, config: Mapping[str, Any]) -> bool:
    # At a plain HTTP endpoint this policy would lock us out of our own bucket.
    is_https = urlsplit(client.meta.endpoint_url).scheme == "https"
    if is_true(config.get("skip_bucket_enforced_tls")) or not is_https:
        return False
    answer = _get(lambda: client.get_bucket_policy(Bucket=bucket), "NoSuchBucketPolicy")
    policy = json.loads(answer.get("Policy", '{"Version": "2012-10-17", "Statement": []}'))
    arn = f"arn:{client.meta.partition}:s3:::{bucket}"
    wanted = {
        "Sid": _TLS_SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    if wanted in policy["Statement"]:
        return False
    others = [each for each in policy["Statement"] if each.get("Sid") != _TLS_SID]
    policy["Statement"] = [*others, wanted]
    client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    return True


def _lifecycle(client: S3Client, bucket: str, _: Mapping[str, Any]) -> bool:
    answer = _get(
        lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket),
        "NoSuchLifecycleConfiguration",
    )
    found = answer.get("Rules", [])
    # A rule of ours that was changed stays as it is, unless it was disabled.
    active = {rule.get("ID") for rule in found if rule.get("Status") == "Enabled"}
    lacking = [rule for rule in _LIFECYCLE if rule.get("ID") not in active]
    if not lacking:
        return False
    replaced = {rule.get("ID") for rule in lacking}
    kept = [rule for rule in found if rule.get("ID") not in replaced]
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [*kept, *lacking]}
    )
    return True


def _tags(client: S3Client, bucket: str, config: Mapping[str, Any]) -> bool:
    tags = config.get("s3_bucket_tags")
    if not isinstance(tags, Mapping) or not tags:
        return False
    answer = _get(lambda: client.get_bucket_tagging(Bucket=bucket), "NoSuchTagSet")
    found = {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", [])}
    wanted = found | {key: str(value) for key, value in tags.items()}
    if wanted == found:
        return False
    client.put_bucket_tagging(
        Bucket=bucket,
        Tagging={"TagSet": [{"Key": key, "Value": wanted[key]} for key in sorted(wanted)]},
    )
    return True


def _get(call: Callable[[], Mapping[str, Any]], absent: str) -> Mapping[str, Any]:
    """Return the answer; empty if S3 answers with the error code ``absent``."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != absent:
            raise
        return {}


_Setting = Callable[["S3Client", str, Mapping[str, Any]], bool]
_SETTINGS: tuple[tuple[str, _Setting], ...] = (
    ("no public access", _public_access),
    ("TLS only", _tls),
    ("encryption", _encryption),
    ("versioning", _versioning),
    ("object ownership", _ownership),
    ("expiration of old versions", _lifecycle),
    ("tags", _tags),
)
