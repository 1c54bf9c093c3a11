"""Credentials of the role that ``iam_role`` of a unit, or ``--iam-assume-role``, names.

Terragrunt assumes the role itself and passes the credentials to Terraform in the environment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from terragrunt_runner import aws
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
    """Assumes each role once. Thread-safe. ``override`` is the role of the command line."""

    environment: Mapping[str, str]
    override: Role | None = None
    _credentials: dict[Role, dict[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def credentials(self, config: Config) -> Mapping[str, str]:
        """Return the AWS variables for a unit; empty if it names no role.

        Raises IdentityError if the role cannot be assumed.
        """
        role = self.override or _role_of(config)
        if role is None:
            return {}
        with self._lock:
            if role not in self._credentials:
                self._credentials[role] = self._assume(role)
            return self._credentials[role]

    def _assume(self, role: Role) -> dict[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        region = aws.region_of(self.environment) or _STS_REGION
        name = role.session or f"terragrunt-{os.getpid()}"
        try:
            session = aws.session(self.environment, region=region)
            sts = aws.client(session, "sts", self.environment)
            if role.web_identity_token:
                credentials = sts.assume_role_with_web_identity(
                    RoleArn=role.arn,
                    RoleSessionName=name,
                    WebIdentityToken=_token(role.web_identity_token),
                    DurationSeconds=role.seconds,
                )["Credentials"]
            else:
                credentials = sts.assume_role(
                    RoleArn=role.arn, RoleSessionName=name, DurationSeconds=role.seconds
                )["Credentials"]
        except (BotoCoreError, ClientError) as error:
            raise IdentityError(
                f"cannot assume {role.arn}: {error}",
                hint="check that the credentials are allowed to assume that role",
            ) from None
        return {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
            "AWS_SECURITY_TOKEN": credentials["SessionToken"],
        }


def _role_of(config: Config) -> Role | None:
    if not config.iam_role:
        return None
    return Role(
        config.iam_role,
        config.iam_assume_role_duration or _DEFAULT_SECONDS,
        config.iam_assume_role_session_name or None,
        config.iam_web_identity_token or None,
    )


def _token(text: str) -> str:
    """Return the token: the setting itself, or the content of the file that it names."""
    path = Path(text)
    try:
        return path.read_text("utf-8").strip() if path.is_file() else text
    except OSError:
        return text
