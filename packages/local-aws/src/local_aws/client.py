"""Our own endpoints of a control plane, and nothing of AWS: no SDK is loaded for them."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from local_aws.errors import CloudError
from local_aws.ports import LOOPBACK

_SERVICE = "local-aws-control-plane"
_TOKEN_HEADER = "x-local-aws-token"  # noqa: S105 - the name of a header


@dataclass(frozen=True, slots=True)
class Health:
    """What a control plane says of itself; ``token`` names the checkout it belongs to."""

    pid: int
    token: str
    restored_from: str | None
    unsaved_changes: bool


def health(port: int, timeout_seconds: float = 2.0) -> Health | None:
    """None when nothing answers there, or something that is no control plane."""
    try:
        status, value = _request("GET", port, "/_local-aws/health", {}, timeout_seconds)
        if status != 200 or value["service"] != _SERVICE:
            return None
        return Health(
            pid=int(value["pid"]),
            token=str(value["token"]),
            restored_from=value["restored_from"],
            unsaved_changes=bool(value["unsaved_changes"]),
        )
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None


def mark(port: int, timeout_seconds: float = 5.0) -> str | None:
    """Change counter of the configuration; None from a server that is not our control plane.

    Raises OSError when nothing answers.
    """
    try:
        status, value = _request("GET", port, "/_local-aws/changes", {}, timeout_seconds)
    except (http.client.HTTPException, ValueError):
        return None
    if status != 200 or value.get("service") != _SERVICE:
        return None
    return str(value["mark"])


def register_runtime(
    port: int, token: str, *, account: str, region: str, runtime: tuple[int, str]
) -> None:
    """Say where functions of an account run: a loopback port, and its token. Raises CloudError."""
    value = {"account": account, "region": region, "port": runtime[0], "token": runtime[1]}
    headers = {_TOKEN_HEADER: token}
    body = json.dumps(value).encode()
    try:
        status, answer = _request("POST", port, "/_local-aws/runtimes", headers, 5.0, body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CloudError(f"the control plane takes no word of ours: {error}") from error
    if status != 200:
        raise CloudError(str(answer.get("error", f"registering answers {status}")))


def save(port: int, token: str, timeout_seconds: float = 60.0) -> tuple[str, ...]:
    """Write a snapshot now. Returns the services that could not be saved. Raises CloudError."""
    headers = {_TOKEN_HEADER: token}
    try:
        status, value = _request("POST", port, "/_local-aws/snapshot", headers, timeout_seconds)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CloudError(
            f"the control plane does not answer when it is told to save: {error}",
            hint="./inv up replaces one that hangs; it comes back with what was saved last",
        ) from error
    if status != 200:
        raise CloudError(str(value.get("error", f"saving the state answers {status}")))
    return tuple(str(name) for name in value.get("skipped", ()))


def _request(
    method: str,
    port: int,
    path: str,
    headers: dict[str, str],
    timeout_seconds: float,
    body: bytes | None = None,
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    try:
        connection.request(method, path, body, headers=headers)
        response = connection.getresponse()
        value = json.loads(response.read())
    finally:
        connection.close()
    if not isinstance(value, dict):
        raise ValueError("the answer is no JSON object")  # noqa: TRY004 - as bad as no JSON at all
    return response.status, value
