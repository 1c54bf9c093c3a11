"""What a state bucket has to be, piece by piece. Each looks first and changes only what falls
short, so that what somebody made stricter stays, and a run that was cut off is completed by the
next.

Versions, encryption, access and TLS are those of Terragrunt, with its ``skip_bucket_…`` settings:
https://terragrunt.gruntwork.io/docs/features/state-backend#create-remote-state-resources-automatically
Ownership and the life of old versions are this project's.
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
"""Days that the versions of a state are kept after a newer one replaced them."""

KEPT_VERSIONS = 20
"""Old versions of each state that stay whatever their age: what rarely changes keeps its past."""

_BROKEN_UPLOAD_DAYS = 7
_STRENGTH = ("AES256", "aws:kms", "aws:kms:dsse")
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
        # Every lock leaves one when it is released.
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    },
    {
        "ID": "broken-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _BROKEN_UPLOAD_DAYS},
    },
)


def bring_up(client: S3Client, bucket: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the bucket what it lacks; returns what that was, in words. Raises botocore's errors."""
    return tuple(name for name, ensure in _PIECES if ensure(client, bucket, config))


def _versioning(client: S3Client, bucket: str, config: Mapping[str, Any]) -> bool:
    if is_true(config.get("skip_bucket_versioning")):
        return False
    # Not written again: with MFA delete, that alone would need the second factor.
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
    if _is_as_strict(_encryption_of(client, bucket), wanted):
        return False
    client.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": wanted, "BucketKeyEnabled": True}]
        },
    )
    return True


def _encryption_of(client: S3Client, bucket: str) -> Mapping[str, Any]:
    """The bucket's default encryption; empty without any."""
    answer = _get(
        lambda: client.get_bucket_encryption(Bucket=bucket),
        "ServerSideEncryptionConfigurationNotFoundError",
    )
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    found: Mapping[str, Any] = (
        rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    )
    return found


def _is_as_strict(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """A key of one's own is stricter than AWS's; a key that is wanted must be that one."""
    strength, least = (
        _STRENGTH.index(rule["SSEAlgorithm"]) if rule.get("SSEAlgorithm") in _STRENGTH else -1
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
    if is_true(config.get("skip_bucket_enforced_tls")) or not _is_secure(client.meta.endpoint_url):
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


def _is_secure(endpoint: str) -> bool:
    """Whether requests there count as encrypted. Where they do not, the refusal of plain HTTP would
    lock us out of our own bucket."""
    url = urlsplit(endpoint)
    return url.scheme == "https"


def _lifecycle(client: S3Client, bucket: str, _: Mapping[str, Any]) -> bool:
    answer = _get(
        lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket),
        "NoSuchLifecycleConfiguration",
    )
    found = answer.get("Rules", [])
    # One that is there under its name is left as somebody set it, unless it is switched off.
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
    """The answer, or nothing where S3 says by that code that there is nothing."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != absent:
            raise
        return {}


_Piece = Callable[["S3Client", str, Mapping[str, Any]], bool]
_PIECES: tuple[tuple[str, _Piece], ...] = (
    ("no public access", _public_access),
    ("TLS only", _tls),
    ("encryption", _encryption),
    ("versioning", _versioning),
    ("owner of every object", _ownership),
    ("life of old versions", _lifecycle),
    ("tags", _tags),
)
