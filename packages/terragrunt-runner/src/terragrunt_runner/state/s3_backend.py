"""States in the S3 backend, read without Terraform.

Settings are those of Terraform's backend block.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from terragrunt_runner import aws
from terragrunt_runner.errors import IdentityError, StateError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TERRAFORM_ONLY = (
    "assume_role_with_web_identity",
    "custom_ca_bundle",
    "dynamodb_endpoint",
    "http_proxy",
    "https_proxy",
    "sse_customer_key",
)
"""Settings that change how a state is read and that this module does not support."""

_NOT_FOUND = ("NoSuchKey", "NoSuchBucket", "NotFound", "404")
_DENIED = ("AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch")
_NO_CREDENTIALS = ("NoCredentialsError", "ProfileNotFound", "TokenRetrievalError")


@dataclass(slots=True)
class S3States:
    """Reads states, with one client for each set of backend settings. Thread-safe."""

    environment: Mapping[str, str]
    bootstrapped: set[str] = field(default_factory=set)
    bootstrapping: threading.Lock = field(default_factory=threading.Lock)
    _clients: dict[str, S3Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def can_read(self, config: Mapping[str, Any]) -> bool:
        return not any(config.get(name) for name in _TERRAFORM_ONLY) and not self.environment.get(
            "AWS_SSE_CUSTOMER_KEY"
        )

    def outputs(self, config: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return ``{"name": {"value": …, "type": …}}`` of a state; None if there is no state.

        Without the bucket there is no state, as in Terragrunt. Raises StateError or IdentityError
        if the state cannot be read.
        """
        body = self.read(config)
        if body is None:
            return None
        try:
            outputs = json.loads(body).get("outputs", {})
            if all("value" in output for output in outputs.values()):
                return dict(outputs)
        except (ValueError, AttributeError, TypeError):
            pass
        place = f"s3://{config.get('bucket')}/{state_key(config, self.environment)}"
        raise StateError(
            f"{place} is not a Terraform state",
            hint="restore an earlier version of that object, if the bucket is versioned",
        )

    def read(self, config: Mapping[str, Any]) -> bytes | None:
        """Return the state object; None if there is no object or no bucket."""
        bucket = str(config.get("bucket"))
        key = state_key(config, self.environment)
        with aws_errors(f"cannot read the state s3://{bucket}/{key}"):
            client = self.client(config)
            try:
                return client.get_object(Bucket=bucket, Key=key)["Body"].read()
            except client.exceptions.ClientError as error:
                if error.response.get("Error", {}).get("Code") in _NOT_FOUND:
                    return None
                raise

    def client(self, config: Mapping[str, Any]) -> S3Client:
        """Return the client for backend settings, in Terraform's or Terragrunt's spelling."""
        settings = {name: config[name] for name in config if name not in ("bucket", "key")}
        identity = json.dumps(settings, sort_keys=True, default=str)
        with self._lock:
            if identity not in self._clients:
                self._clients[identity] = self._connect(config)
            return self._clients[identity]

    def _connect(self, config: Mapping[str, Any]) -> S3Client:
        environment, region = self.environment, config.get("region")
        endpoints = config.get("endpoints") or {}
        keys = None
        if config.get("access_key") and config.get("secret_key"):
            keys = (str(config["access_key"]), str(config["secret_key"]), config.get("token"))
        session = aws.session(environment, region=region, profile=config.get("profile"), keys=keys)
        role = assume_role_arguments(config)
        if role:
            endpoint = endpoints.get("sts") or config.get("sts_endpoint")
            sts = aws.client(session, "sts", environment, endpoint=endpoint)
            held = sts.assume_role(**role)["Credentials"]
            keys = (held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])
            session = aws.session(environment, region=region, keys=keys)
        path_style = is_true(config.get("use_path_style") or config.get("force_path_style"))
        client: S3Client = aws.client(
            session,
            "s3",
            environment,
            endpoint=endpoints.get("s3") or config.get("endpoint"),
            s3={"addressing_style": "path" if path_style else "auto"},
            max_pool_connections=16,
        )
        return client


def state_key(config: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """Return the key of the state object; a workspace other than the default has a prefix."""
    key = str(config.get("key"))
    workspace = environment.get("TF_WORKSPACE") or "default"
    if workspace == "default":
        return key
    return f"{config.get('workspace_key_prefix', 'env:')}/{workspace}/{key}"


def is_true(value: Any) -> bool:
    """True for a bool or, as in partial backend files, a string that is true."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


@contextlib.contextmanager
def aws_errors(message: str) -> Iterator[None]:
    """Turn botocore's errors into IdentityError or StateError that begin with the message."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else ""
        text = f"{message}: {str(error).rstrip('.')}"
        if code in _DENIED or type(error).__name__ in _NO_CREDENTIALS:
            hint = "check the credentials: aws sts get-caller-identity"
            raise IdentityError(text, hint=hint) from None
        raise StateError(text, hint="check the endpoint and that it answers") from None


def assume_role_arguments(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the arguments of sts:AssumeRole; empty if the backend assumes no role."""
    role = config.get("assume_role") or {}
    if not isinstance(role, Mapping):
        return {}
    arn = role.get("role_arn") or config.get("role_arn")
    if not arn:
        return {}
    session = role.get("session_name") or config.get("session_name")
    arguments = {
        "RoleArn": arn,
        "RoleSessionName": session or f"terragrunt-{os.getpid()}",
        "ExternalId": role.get("external_id") or config.get("external_id"),
        "Policy": role.get("policy"),
    }
    return {name: str(value) for name, value in arguments.items() if value}
