"""Credentials of the role that a unit's ``iam_role`` (or ``--iam-assume-role``) names.

Terragrunt assumes the role itself and hands Terraform the result in the environment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from terragrunt_runner.config.model import Config
from terragrunt_runner.errors import IdentityError

_DEFAULT_SECONDS = 3600
_STS_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Role:
    arn: str
    seconds: int = _DEFAULT_SECONDS
    session: str | None = None
    web_identity_token: str | None = None


@dataclass(slots=True)
class Roles:
    """Assumes each role once; safe to use from many threads. ``region`` is the environment's."""

    override: Role | None = None
    region: str | None = None
    _held: dict[Role, dict[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def environment(self, config: Config) -> Mapping[str, str]:
        """AWS variables for a unit; empty where it names no role.

        Raises IdentityError if the role cannot be assumed.
        """
        role = self.override or _role_of(config)
        if role is None:
            return {}
        with self._lock:
            if role not in self._held:
                self._held[role] = _assume(role, self.region)
            return self._held[role]


def _role_of(config: Config) -> Role | None:
    if not config.iam_role:
        return None
    role = Role(config.iam_role)
    return replace(
        role,
        seconds=config.iam_assume_role_duration or role.seconds,
        session=config.iam_assume_role_session_name or None,
        web_identity_token=config.iam_web_identity_token or None,
    )


def _assume(role: Role, region: str | None) -> dict[str, str]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    session = role.session or f"terragrunt-{os.getpid()}"
    try:
        sts = boto3.client("sts", region_name=region or _STS_REGION)
        if role.web_identity_token:
            token = _token(role.web_identity_token)
            held = sts.assume_role_with_web_identity(
                RoleArn=role.arn,
                RoleSessionName=session,
                WebIdentityToken=token,
                DurationSeconds=role.seconds,
            )["Credentials"]
        else:
            held = sts.assume_role(
                RoleArn=role.arn, RoleSessionName=session, DurationSeconds=role.seconds
            )["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise IdentityError(
            f"cannot assume {role.arn}: {error}", hint="may these credentials assume that role?"
        ) from None
    return {
        "AWS_ACCESS_KEY_ID": held["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": held["SecretAccessKey"],
        "AWS_SESSION_TOKEN": held["SessionToken"],
        "AWS_SECURITY_TOKEN": held["SessionToken"],
    }


def _token(text: str) -> str:
    """The token itself, or the content of the file that the setting names."""
    path = Path(text)
    try:
        return path.read_text("utf-8").strip() if path.is_file() else text
    except OSError:
        return text
