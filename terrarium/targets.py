"""The target of a task: AWS, the local AWS, or an endpoint in AWS_ENDPOINT_URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from terrarium.errors import UsageError

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
CHOICES = ("auto", "aws", "local")

_LOCAL_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
_CREDENTIAL_SOURCES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Kind(Enum):
    AWS = "aws"
    LOCAL = "local"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Choice:
    """The kind of target, and the reason for it in a few words."""

    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """A target. ``endpoint_url`` is None for AWS itself."""

    kind: Kind
    endpoint_url: str | None

    @property
    def is_aws(self) -> bool:
        return self.kind is Kind.AWS

    def environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the environment variables for a process that acts on this target.

        Removes endpoints for AWS. Removes the caller's credentials for the local target, so that
        they never reach a process that talks to it.
        """
        environ = {k: v for k, v in base.items() if not k.startswith(ENDPOINT_VARIABLE)}
        if self.endpoint_url is None:
            return environ
        environ[ENDPOINT_VARIABLE] = self.endpoint_url
        environ["AWS_EC2_METADATA_DISABLED"] = "true"
        if self.kind is Kind.LOCAL:
            for name in _CREDENTIAL_SOURCES:
                environ.pop(name, None)
            environ |= _LOCAL_CREDENTIALS
        host = urlsplit(self.endpoint_url).hostname or ""
        bypassed = [part for part in environ.get("NO_PROXY", "").split(",") if part]
        environ["NO_PROXY"] = environ["no_proxy"] = ",".join(dict.fromkeys([*bypassed, host]))
        return environ


def choose(
    requested: str,
    environ: Mapping[str, str],
    has_credentials: Callable[[], bool],
) -> Choice:
    """Choose the target. ``auto`` is AWS only with credentials and without an endpoint.

    Raises UsageError for an unknown name or an endpoint that is not an HTTP URL.
    """
    if requested not in CHOICES:
        raise UsageError(
            f"unknown target {requested!r}", hint=f"targets: {', '.join(CHOICES)} (auto decides)"
        )
    if requested != "auto":
        return Choice(Kind(requested), f"--target {requested}")
    endpoint = environ.get(ENDPOINT_VARIABLE)
    if endpoint:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"{ENDPOINT_VARIABLE}={endpoint!r} is not an http or https URL",
                hint=f"unset {ENDPOINT_VARIABLE}, or choose with --target aws or --target local",
            )
        return Choice(Kind.ENDPOINT, f"{ENDPOINT_VARIABLE} is set")
    if has_credentials():
        return Choice(Kind.AWS, "AWS credentials were found")
    return Choice(Kind.LOCAL, "no AWS credentials were found")


def has_aws_credentials() -> bool:
    """Return whether boto3 finds credentials: environment, files, SSO, container or instance."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return botocore.session.Session().get_credentials() is not None
    except BotoCoreError:
        # An incomplete configuration still means AWS; the identity check then names the problem.
        return True
