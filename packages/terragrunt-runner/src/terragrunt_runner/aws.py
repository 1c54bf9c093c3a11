"""AWS clients for an environment that is passed, not for the process's environment.

boto3 is imported on first use: the import takes 0.2 s, which most commands do not need.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from boto3.session import Session

Keys = tuple[str, str, str | None]
"""Access key, secret key and session token."""


def session(
    environment: Mapping[str, str],
    *,
    region: str | None = None,
    profile: str | None = None,
    keys: Keys | None = None,
) -> Session:
    """Return a session with the credentials and Region that are given, else the environment's.

    Without keys in the environment, boto3 looks for credentials in its other places.
    """
    import boto3

    if keys is None and profile is None:
        access, secret = (
            environment.get(f"AWS_{n}") for n in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
        )
        if access and secret:
            keys = (access, secret, environment.get("AWS_SESSION_TOKEN"))
        else:
            profile = environment.get("AWS_PROFILE") or None
    access_key, secret_key, token = keys or (None, None, None)
    return boto3.session.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token,
        profile_name=profile,
        region_name=region or region_of(environment),
    )


def client(
    session: Session,
    service: str,
    environment: Mapping[str, str],
    *,
    endpoint: str | None = None,
    **settings: Any,
) -> Any:
    """Return a client of a service at an endpoint, or at the environment's endpoint if any.

    ``settings`` are arguments of botocore's Config.
    """
    from botocore.config import Config

    specific = environment.get(f"AWS_ENDPOINT_URL_{service.upper()}")
    endpoint = endpoint or specific or environment.get("AWS_ENDPOINT_URL") or None
    if endpoint:
        settings["proxies"] = _proxies(environment, endpoint)
    elif any(n.startswith("AWS_ENDPOINT_URL") for n in os.environ.keys() - environment.keys()):
        settings["ignore_configured_endpoint_urls"] = True
    create: Any = session.client  # boto3's stubs want a literal service name
    return create(service, endpoint_url=endpoint, config=Config(**settings))


def region_of(environment: Mapping[str, str]) -> str | None:
    """Return the environment's Region. boto3 itself does not read AWS_REGION."""
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")


def _proxies(environment: Mapping[str, str], endpoint: str) -> dict[str, str]:
    variables = {name.lower(): value for name, value in environment.items()}
    host = urlsplit(endpoint).hostname or ""
    for entry in variables.get("no_proxy", "").split(","):
        name = entry.strip().lstrip(".")
        if name == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return {}
    found = {scheme: variables.get(f"{scheme}_proxy") for scheme in ("http", "https")}
    return {scheme: proxy for scheme, proxy in found.items() if proxy}
