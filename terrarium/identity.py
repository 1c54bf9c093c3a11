"""The AWS account of an environment, and clients with credentials of that account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terrarium.errors import IdentityError
from terrarium.targets import ENDPOINT_VARIABLE, Target

if TYPE_CHECKING:
    import boto3

LOCAL_ROLE = "terrarium"
"""The role to assume in an account of the local AWS; terragrunt.hcl names it too."""

_SESSION_NAME = "terrarium"


@dataclass(frozen=True, slots=True)
class Account:
    """The account of an environment, from its ``env.hcl``.

    ``deploy_role`` is the ARN of a role to assume on AWS, or None to use the caller's credentials.
    A change or destroy of an ``is_protected`` environment needs a confirmation.
    """

    account_id: str
    region: str
    deploy_role: str | None
    is_protected: bool

    def role_on(self, target: Target) -> str | None:
        """Return the ARN of the role to assume on that target."""
        if target.is_aws:
            return self.deploy_role
        return f"arn:aws:iam::{self.account_id}:role/{LOCAL_ROLE}"


def client(service: str, account: Account, target: Target, environ: Mapping[str, str]) -> Any:
    """Return a boto3 client of a service, with credentials of the account.

    ``environ`` are the target's environment variables. Raises IdentityError without credentials,
    and when the role cannot be assumed.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    caller = boto3.Session(
        aws_access_key_id=environ.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environ.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=environ.get("AWS_SESSION_TOKEN"),
        region_name=account.region,
    )
    role = account.role_on(target)
    if role is None:
        return _client(service, caller, target)
    try:
        sts = _client("sts", caller, target)
        assumed = sts.assume_role(RoleArn=role, RoleSessionName=_SESSION_NAME)["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise _no_identity(error) from None
    session = boto3.Session(
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
        region_name=account.region,
    )
    return _client(service, session, target)


def verify(account: Account, target: Target, environ: Mapping[str, str], source: Path) -> None:
    """Check that the credentials belong to the account that ``source`` names.

    Raises IdentityError if they do not, or as ``client`` does.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        caller = client("sts", account, target, environ).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise _no_identity(error) from None
    if caller["Account"] != account.account_id:
        raise IdentityError(
            f"the credentials belong to account {caller['Account']} ({caller['Arn']}), "
            f"but {source} names {account.account_id}",
            hint=f"use credentials of {account.account_id}, correct account_id, "
            "or run it here with --target local",
        )


def _client(service: str, session: boto3.Session, target: Target) -> Any:
    from botocore.config import Config

    settings: dict[str, Any] = {} if target.is_aws else {"proxies": {}}
    if target.is_aws and ENDPOINT_VARIABLE in os.environ:
        settings["ignore_configured_endpoint_urls"] = True
    made: Any = session.client  # its overloads want the name of the service as a literal
    return made(service, endpoint_url=target.endpoint_url, config=Config(**settings))


def _no_identity(error: Exception) -> IdentityError:
    return IdentityError(
        f"cannot find out which account the credentials belong to: {error}",
        hint="log in (aws sso login, or export AWS_PROFILE), or run it here: --target local",
    )
