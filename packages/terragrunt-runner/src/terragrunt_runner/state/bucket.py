"""Creation of the state bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from terragrunt_runner.errors import StateError
from terragrunt_runner.state import bucket_settings
from terragrunt_runner.state.s3_backend import S3States, aws_errors, is_true

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NOT_FOUND = ("404", "NoSuchBucket", "NotFound")


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """``created``: the bucket is new; ``applied``: the settings that it got, in words."""

    bucket: str
    created: bool = False
    applied: tuple[str, ...] = ()


class _ExpectedOwner(TypedDict, total=False):
    ExpectedBucketOwner: str


def exists(states: S3States, config: Mapping[str, Any]) -> bool:
    """True if the bucket exists. Raises StateError or IdentityError if S3 does not say."""
    bucket = str(config.get("bucket"))
    with aws_errors(f"cannot see the state bucket {bucket}"):
        return _exists(states.client(config), bucket)


def bootstrap(
    states: S3States, config: Mapping[str, Any], *, update: bool = True, owner: str | None = None
) -> BootstrapResult:
    """Create the state bucket unless it exists; once for each bucket of a run.

    With ``update``, an existing bucket gets the settings that it lacks; stricter settings stay.
    ``owner`` is the account that must own the bucket: bucket names are global, and another account
    could have taken the name to read our states. Raises StateError or IdentityError.
    """
    bucket = str(config.get("bucket"))
    with states.bootstrapping, aws_errors(f"cannot create the state bucket {bucket}"):
        if bucket in states.bootstrapped:
            return BootstrapResult(bucket)
        client, region = states.client(config), config.get("region")
        try:
            created = not _exists(client, bucket, owner, region) and _create(client, bucket, region)
            if created or (update and not is_true(config.get("disable_bucket_update"))):
                applied = bucket_settings.apply(client, bucket, config)
            else:
                applied = ()
        except client.exceptions.ClientError as error:
            # 403 also means that these credentials may not see the bucket.
            if error.response.get("Error", {}).get("Code", "") in ("403", "BucketAlreadyExists"):
                raise _not_owned(bucket, owner) from None
            raise
        states.bootstrapped.add(bucket)
        return BootstrapResult(bucket, created, applied)


def _exists(
    client: S3Client, bucket: str, owner: str | None = None, region: str | None = None
) -> bool:
    """Raises StateError if the bucket is in another Region."""
    expected: _ExpectedOwner = {} if owner is None else {"ExpectedBucketOwner": owner}
    try:
        found = client.head_bucket(Bucket=bucket, **expected).get("BucketRegion")
    except client.exceptions.ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_FOUND:
            return False
        raise
    if found and region and found != region:
        raise StateError(
            f"the state bucket {bucket} is in {found}, not in {region}",
            hint="use the Region of the bucket, or a bucket with another name",
        )
    return True


def _create(client: S3Client, bucket: str, region: str | None) -> bool:
    """Returns False if another run has just created the bucket."""
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


def _not_owned(bucket: str, owner: str | None) -> StateError:
    account = f"account {owner}" if owner else "this account"
    return StateError(
        f"the state bucket {bucket} is not owned by {account}, or these credentials may not see it",
        hint="bucket names are global: if another account owns it, choose another name; "
        "otherwise check the credentials",
    )
