"""Client of the control plane's endpoints below ``/_local-aws/``; loads no AWS SDK."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from local_aws.errors import CloudError
from local_aws.ports import LOOPBACK

TOKEN_VARIABLE = "LOCAL_AWS_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variable with the token that the supervisor gives to the processes it starts."""

_SERVICE = "local-aws-control-plane"
_TOKEN_HEADER = "x-local-aws-token"  # noqa: S105 - the name of a header
_FAILURES = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class Health:
    """Answer of a control plane; ``restored_from`` is the path of the snapshot, if any."""

    pid: int
    restored_from: str | None


def health(port: int, timeout_seconds: float = 2.0) -> Health | None:
    """Return None if nothing answers, or something other than a control plane."""
    try:
        value = _get(port, "health", timeout_seconds)
        return None if value is None else Health(int(value["pid"]), value["restored_from"])
    except (*_FAILURES, AttributeError, KeyError, TypeError):
        return None


def mark(port: int, timeout_seconds: float = 5.0) -> str | None:
    """Return a text that changes with the configuration; None from another control plane.

    Raises OSError when nothing answers.
    """
    try:
        value = _get(port, "changes", timeout_seconds)
    except (http.client.HTTPException, ValueError):
        return None
    return None if value is None or "mark" not in value else str(value["mark"])


def accounts(port: int, timeout_seconds: float = 5.0) -> dict[str, list[str]] | None:
    """Return the Regions with load balancers or functions, by account; None without an answer."""
    try:
        value = _get(port, "accounts", timeout_seconds)
        if value is None:
            return None
        return {
            str(name): [str(each) for each in found] for name, found in value["accounts"].items()
        }
    except (*_FAILURES, AttributeError, KeyError, TypeError):
        return None


def register_runtime(
    port: int, token: str, *, account: str, region: str, runtime: tuple[int, str]
) -> None:
    """Register the loopback port, and its token, that runs an account's functions.

    Raises CloudError.
    """
    value = {"account": account, "region": region, "port": runtime[0], "token": runtime[1]}
    try:
        status, answer = _post(port, "runtimes", token, 5.0, json.dumps(value).encode())
    except _FAILURES as error:
        raise CloudError(f"the control plane does not register a runtime: {error}") from error
    if status != 200:
        raise CloudError(str(answer.get("error", f"registering a runtime answers {status}")))


def save(port: int, token: str, timeout_seconds: float = 60.0) -> tuple[str, ...]:
    """Write a snapshot. Returns the services that could not be saved. Raises CloudError."""
    try:
        status, value = _post(port, "snapshot", token, timeout_seconds, None)
    except _FAILURES as error:
        raise CloudError(
            f"the control plane does not save: {error}",
            hint="local-aws up replaces a control plane that hangs, with the last saved state",
        ) from error
    if status != 200:
        raise CloudError(str(value.get("error", f"saving answers {status}")))
    modules = [str(module) for module in value.get("skipped", ())]
    return tuple(module.removeprefix("moto.").removesuffix(".models") for module in modules)


def _get(port: int, name: str, timeout_seconds: float) -> dict[str, Any] | None:
    """Return None from another kind of server."""
    status, value = _request("GET", port, name, {}, timeout_seconds)
    return value if status == 200 and value.get("service") == _SERVICE else None


def _post(
    port: int, name: str, token: str, timeout_seconds: float, body: bytes | None
) -> tuple[int, dict[str, Any]]:
    return _request("POST", port, name, {_TOKEN_HEADER: token}, timeout_seconds, body)


def _request(
    method: str,
    port: int,
    name: str,
    headers: dict[str, str],
    timeout_seconds: float,
    body: bytes | None = None,
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    try:
        connection.request(method, f"/_local-aws/{name}", body, headers=headers)
        response = connection.getresponse()
        value = json.loads(response.read())
    finally:
        connection.close()
    if not isinstance(value, dict):
        raise ValueError("the answer is not a JSON object")  # noqa: TRY004
    return response.status, value
