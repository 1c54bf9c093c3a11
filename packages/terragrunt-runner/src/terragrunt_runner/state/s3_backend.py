"""The S3 backend seen from outside Terraform: who may read a state, and what it says.

Settings are those of Terraform's own backend block. boto3 is imported on first use: it takes
0.2 s, which a run without dependencies need not spend.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from terragrunt_runner.errors import IdentityError, StateError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_UNREADABLE = (
    "assume_role_with_web_identity",
    "custom_ca_bundle",
    "dynamodb_endpoint",
    "http_proxy",
    "https_proxy",
    "sse_customer_key",
)
"""Settings that change how a state is read and that only Terraform understands here."""


@dataclass(frozen=True, slots=True)
class Target:
    """What tells one S3 client from another."""

    region: str | None
    endpoint: str | None
    sts_endpoint: str | None
    profile: str | None
    keys: tuple[str, str, str | None] | None
    role: tuple[tuple[str, Any], ...]
    path_style: bool


@dataclass(slots=True)
class S3States:
    """Reads states with few clients, each used by many threads. ``environment`` is the run's."""

    environment: Mapping[str, str]
    bootstrapped: set[str] = field(default_factory=set)
    bootstrapping: threading.Lock = field(default_factory=threading.Lock)
    _clients: dict[Target, S3Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def understands(self, config: Mapping[str, Any]) -> bool:
        return not any(config.get(name) for name in _UNREADABLE) and not self.environment.get(
            "AWS_SSE_CUSTOMER_KEY"
        )

    def outputs(self, config: Mapping[str, Any]) -> dict[str, Any] | None:
        """``{"name": {"value": …, "type": …}}`` of a state; None where there is no state.

        A missing bucket is a missing state, as it is for Terragrunt. Raises StateError or
        IdentityError when the state cannot be read.
        """
        body = self.read(config)
        if body is None:
            return None
        place = f"s3://{config.get('bucket')}/{state_key(config, self.environment)}"
        try:
            found = json.loads(body).get("outputs", {})
        except (ValueError, AttributeError):
            raise StateError(f"{place} is not a Terraform state") from None
        return dict(found)

    def read(self, config: Mapping[str, Any]) -> bytes | None:
        from botocore.exceptions import BotoCoreError, ClientError

        bucket = str(config.get("bucket"))
        key = state_key(config, self.environment)
        try:
            answer = self.client(config).get_object(Bucket=bucket, Key=key)
            return answer["Body"].read()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("NoSuchKey", "NoSuchBucket", "NotFound", "404"):
                return None
            raise refusal(f"cannot read the state s3://{bucket}/{key}", error, code) from None
        except BotoCoreError as error:
            raise refusal(f"cannot read the state s3://{bucket}/{key}", error, "") from None

    def client(self, config: Mapping[str, Any]) -> S3Client:
        target = target_of(config)
        with self._lock:
            if target not in self._clients:
                self._clients[target] = self._connect(target)
            return self._clients[target]

    def _connect(self, target: Target) -> S3Client:
        import boto3
        from botocore.config import Config

        access, secret, token = target.keys or self._keys(target)
        session = boto3.session.Session(
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            aws_session_token=token,
            profile_name=target.profile,
            region_name=target.region or region_of(self.environment),
        )
        role = dict(target.role)
        if role:
            sts = session.client(
                "sts",
                endpoint_url=target.sts_endpoint or self._endpoint("STS"),
                config=Config(**self._connection()),
            )
            got = sts.assume_role(**role)["Credentials"]
            session = boto3.session.Session(
                aws_access_key_id=got["AccessKeyId"],
                aws_secret_access_key=got["SecretAccessKey"],
                aws_session_token=got["SessionToken"],
                region_name=target.region or region_of(self.environment),
            )
        style: Literal["path", "auto"] = "path" if target.path_style else "auto"
        return session.client(
            "s3",
            endpoint_url=target.endpoint or self._endpoint("S3"),
            config=Config(
                s3={"addressing_style": style}, max_pool_connections=16, **self._connection()
            ),
        )

    def _keys(self, target: Target) -> tuple[str | None, str | None, str | None]:
        """Return the run's credentials from its environment, unless the backend has a profile."""
        if target.profile:
            return None, None, None
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        access, secret, token = (self.environment.get(name) for name in names)
        return (access, secret, token) if access and secret else (None, None, None)

    def _endpoint(self, service: str) -> str | None:
        environment = self.environment
        return environment.get(f"AWS_ENDPOINT_URL_{service}") or environment.get("AWS_ENDPOINT_URL")

    def _connection(self) -> dict[str, Any]:
        """Return settings that make botocore follow the run's environment, not the process's."""
        settings: dict[str, Any] = {}
        absent = os.environ.keys() - self.environment.keys()
        if any(name.startswith("AWS_ENDPOINT_URL") for name in absent):
            settings["ignore_configured_endpoint_urls"] = True
        if self.environment.get("NO_PROXY") != os.environ.get("NO_PROXY"):
            settings["proxies"] = {}  # only a run on a local endpoint changes NO_PROXY
        return settings


def target_of(config: Mapping[str, Any]) -> Target:
    """Read the settings that say where and as whom, in Terraform's and Terragrunt's spellings."""
    endpoints = config.get("endpoints") or {}
    keys = None
    if config.get("access_key") and config.get("secret_key"):
        keys = (str(config["access_key"]), str(config["secret_key"]), config.get("token"))
    return Target(
        region=config.get("region"),
        endpoint=endpoints.get("s3") or config.get("endpoint"),
        sts_endpoint=endpoints.get("sts") or config.get("sts_endpoint"),
        profile=config.get("profile"),
        keys=keys,
        role=_role(config),
        path_style=is_true(config.get("use_path_style") or config.get("force_path_style")),
    )


def region_of(environment: Mapping[str, str]) -> str | None:
    """The Region of the environment: boto3 by itself does not read AWS_REGION."""
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")


def state_key(config: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The object of a state; a workspace other than the default has a prefix."""
    key = str(config.get("key"))
    workspace = environment.get("TF_WORKSPACE") or "default"
    if workspace == "default":
        return key
    return f"{config.get('workspace_key_prefix', 'env:')}/{workspace}/{key}"


def _role(config: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Arguments of sts:AssumeRole; empty where no role is assumed."""
    role = config.get("assume_role") or {}
    if not isinstance(role, Mapping):
        return ()
    arn = role.get("role_arn") or config.get("role_arn")
    if not arn:
        return ()
    arguments: dict[str, Any] = {
        "RoleArn": str(arn),
        "RoleSessionName": str(
            role.get("session_name") or config.get("session_name") or f"terragrunt-{os.getpid()}"
        ),
    }
    external = role.get("external_id") or config.get("external_id")
    if external:
        arguments["ExternalId"] = str(external)
    if role.get("policy"):
        arguments["Policy"] = str(role["policy"])
    return tuple(sorted(arguments.items()))


def is_true(value: Any) -> bool:
    """A setting given as a bool or, as in partial backend files, as a string."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def refusal(what: str, error: Exception, code: str) -> StateError | IdentityError:
    """Our error for one of botocore; ``code`` is AWS's, or ''."""
    message = f"{what}: {str(error).rstrip('.')}"
    denied = ("AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch")
    names = ("NoCredentialsError", "ProfileNotFound", "TokenRetrievalError")
    if code in denied or type(error).__name__ in names:
        return IdentityError(message, hint="check the credentials: aws sts get-caller-identity")
    return StateError(message, hint="is the endpoint of the state right, and does it answer?")
