"""The bucket that holds the states: made once, before there is any state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from terragrunt_runner.errors import StateError
from terragrunt_runner.state import bucket_settings as state_bucket_standard
from terragrunt_runner.state.s3_backend import S3States, is_true, refusal, target_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

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

_FOREIGN = ("403", "BucketAlreadyExists")
"""How S3 says that a bucket is somebody else's; 403 also where these credentials may not see it."""


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What became of a state bucket: whether it was made, and what it was given, in words."""

    bucket: str
    made: bool = False
    given: tuple[str, ...] = ()


class _Owner(TypedDict, total=False):
    ExpectedBucketOwner: str


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


def bootstrap(
    states: S3States, config: Mapping[str, Any], *, update: bool = True, owner: str | None = None
) -> Bootstrapped:
    """Make the state bucket unless it is there. Once a run for each bucket.

    With ``update``, a bucket that exists is given what it lacks; nothing stricter is weakened.
    ``owner`` is the account that the bucket must be of: names are global, and whoever guessed one
    could wait for our states there. Raises StateError or IdentityError.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = str(config.get("bucket"))
    with states.bootstrapping:
        if bucket in states.bootstrapped:
            return Bootstrapped(bucket)
        try:
            done = _bootstrap(states.client(config), bucket, config, update=update, owner=owner)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _FOREIGN:
                raise _foreign(bucket, owner) from None
            raise refusal(f"cannot make the state bucket {bucket}", error, code) from None
        except BotoCoreError as error:
            raise refusal(f"cannot make the state bucket {bucket}", error, "") from None
        states.bootstrapped.add(bucket)
    return done


def _bootstrap(
    client: S3Client, bucket: str, config: Mapping[str, Any], *, update: bool, owner: str | None
) -> Bootstrapped:
    region = target_of(config).region
    made = not _exists(client, bucket, owner, region) and _make(client, bucket, region)
    if not made and (not update or is_true(config.get("disable_bucket_update"))):
        return Bootstrapped(bucket)
    return Bootstrapped(bucket, made, state_bucket_standard.bring_up(client, bucket, config))


def _exists(
    client: S3Client, bucket: str, owner: str | None = None, region: str | None = None
) -> bool:
    """Raises StateError for a bucket in another Region."""
    from botocore.exceptions import ClientError

    try:
        found = client.head_bucket(Bucket=bucket, **_owned_by(owner)).get("BucketRegion")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("404", "NoSuchBucket", "NotFound"):
            return False
        raise
    if found and region and found != region:
        raise StateError(
            f"the state bucket {bucket} is in {found}, not in {region}",
            hint="give the Region that it is in, or a bucket of another name",
        )
    return True


def _owned_by(owner: str | None) -> _Owner:
    return {} if owner is None else {"ExpectedBucketOwner": owner}


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


def _foreign(bucket: str, owner: str | None) -> StateError:
    account = f"account {owner}" if owner else "this account"
    return StateError(
        f"the state bucket {bucket} is not of {account}, or closed to these credentials",
        hint="names of buckets are global: if another account has it, change project in "
        "live/project.hcl; else check the credentials",
    )
