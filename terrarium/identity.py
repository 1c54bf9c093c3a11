"""Whose credentials these are: of the account that ``env.hcl`` names, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from terrarium.errors import IdentityError

if TYPE_CHECKING:
    import boto3

    from terrarium.targets import Target

LOCAL_ROLE = "terrarium"
"""The role that every process assumes in an account of the machine; terragrunt.hcl names it too."""

_SESSION_NAME = "terrarium"


@dataclass(frozen=True, slots=True)
class Account:
    """Where an environment lives: what its ``env.hcl`` says.

    ``deploy_role`` is the ARN of a role to assume on AWS, None to use the caller's own identity.
    ``is_protected`` environments are changed and destroyed only after a question.
    """

    account_id: str
    region: str
    deploy_role: str | None
    is_protected: bool

    def role_on(self, target: Target) -> str | None:
        """The ARN to assume on that target."""
        if target.is_aws:
            return self.deploy_role
        return f"arn:aws:iam::{self.account_id}:role/{LOCAL_ROLE}"


def session(account: Account, target: Target) -> boto3.Session:
    """A session in the account: the caller's own, or that of the role to assume there.

    The environment variables of this process must be those of the target already.
    Raises IdentityError without credentials, and when the role cannot be assumed.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    own = boto3.Session(region_name=account.region)
    role = account.role_on(target)
    if role is None:
        return own
    try:
        sts = own.client("sts")
        assumed = sts.assume_role(RoleArn=role, RoleSessionName=_SESSION_NAME)["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise _unknown(error) from None
    return boto3.Session(
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
        region_name=account.region,
    )


def verify(account: Account, target: Target, source: Path) -> None:
    """Make sure that Terraform would act in the account that ``source`` names.

    Raises IdentityError as session does, and for credentials of another account.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        caller = session(account, target).client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise _unknown(error) from None
    if caller["Account"] != account.account_id:
        raise IdentityError(
            f"the credentials are of account {caller['Account']} ({caller['Arn']}), "
            f"but {source} names {account.account_id}",
            hint=f"use credentials of {account.account_id}, correct account_id, "
            "or run it here with --target local",
        )


def _unknown(error: Exception) -> IdentityError:
    return IdentityError(
        f"cannot learn whose credentials these are: {error}",
        hint="log in (aws sso login, or export AWS_PROFILE), or run it here: --target local",
    )
