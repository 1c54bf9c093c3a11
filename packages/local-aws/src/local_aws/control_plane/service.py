"""Handling of a request to the control plane: by an endpoint of ours, a function, or moto."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import moto

from local_aws.control_plane import function_code, invocations, sessions, snapshot
from local_aws.control_plane.account_regions import account_regions
from local_aws.control_plane.aws_errors import access_key_of, aws_error, operation_of, region_of
from local_aws.control_plane.changes import Changes
from local_aws.control_plane.http import Request, Response
from local_aws.control_plane.moto_http import Moto
from local_aws.control_plane.runtimes import Runtime, Runtimes
from local_aws.errors import CloudError

LOCAL_PREFIX = "/_local-aws/"
HEALTH = "/_local-aws/health"
CHANGES = "/_local-aws/changes"
ACCOUNTS = "/_local-aws/accounts"
RUNTIMES = "/_local-aws/runtimes"
SNAPSHOT = "/_local-aws/snapshot"
TOKEN_HEADER = "x-local-aws-token"  # noqa: S105 - the name of a header
SERVICE = "local-aws-control-plane"

_RUNTIME_SECONDS = 20.0
"""Maximum wait until the supervisor has started the process that runs functions."""

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")
_log = logging.getLogger("local_aws.control_plane")


@dataclass(frozen=True, slots=True)
class Settings:
    """``token`` is what a client needs to save or to register a runtime."""

    port: int
    snapshots: Path
    token: str


class ControlPlane:
    """``handle`` answers one request; safe to call from many threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._moto = Moto()
        self._restored: snapshot.Snapshot | None = None
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._saving = threading.Lock()
        self._changed = False
        self._changes = Changes()
        self._runtimes = Runtimes()

    def restore(self) -> snapshot.Snapshot | None:
        """Restore the snapshot, if there is a readable one."""
        with self._moto.lock:
            self._restored = snapshot.restore(self._settings.snapshots)
        return self._restored

    def save(self) -> snapshot.Snapshot:
        """Write a snapshot of the state between two requests. Raises CloudError."""
        with self._saving:
            with self._moto.lock:
                sessions.forget_expired()
                payload, skipped = snapshot.dump()
                self._changed = False
            try:
                path = snapshot.path_in(self._settings.snapshots)
                return snapshot.write(path, payload, skipped)
            except CloudError:
                self._changed = True
                raise

    def save_if_changed(self) -> snapshot.Snapshot | None:
        return self.save() if self._changed else None

    def handle(self, request: Request) -> Response:
        if is_local(request):
            return self._local(request)
        if request.raw_path.startswith("/moto-api"):
            # A web page in a browser could reset the cloud with it.
            return _json(404, {"error": "moto's control API is switched off"})
        if invocations.is_other_invocation(request):
            message = "local-aws invokes functions by Invoke and by load balancers only"
            return aws_error(request, 501, "NotImplemented", message)
        if sessions.is_unknown_session(access_key_of(request)):
            message = "this cloud does not know the session: assume the role again"
            return aws_error(request, 403, "ExpiredToken", message)
        if invocations.is_invocation(request):
            account = sessions.account_of(access_key_of(request))
            wait = _RUNTIME_SECONDS if self._settings.token else 0.0
            return invocations.answer(
                request, account, self._runtimes, self._changes.mark, wait_seconds=wait
            )
        with self._changes.noting(request):
            return self._aws(request)

    def _aws(self, request: Request) -> Response:
        self._changed = True
        try:
            response = self._moto.handle(request)
        except NotImplementedError:
            return _not_implemented(request)
        except Exception as error:  # moto may raise anything; the client gets an AWS error
            _log.exception("moto failed in %s", operation_of(request))
            return aws_error(request, 501, "InternalFailure", _failure(request, error))
        if response.status == 404 and b"<!doctype html>" in response.body[:32].lower():
            return _not_implemented(request)  # moto does not know the path
        if function_code.is_get_function(request):
            return function_code.with_local_location(response, self._base_url(request))
        return response

    def _local(self, request: Request) -> Response:
        path = request.raw_path
        reads = {HEALTH: self._health, CHANGES: self._change_marks, ACCOUNTS: _accounts}
        if path in reads and request.method in {"GET", "HEAD"}:
            return _json(200, {"service": SERVICE, **reads[path]()})
        if path in {RUNTIMES, SNAPSHOT} and request.method == "POST":
            if request.header(TOKEN_HEADER) != self._settings.token:
                return _json(403, {"error": f"the header {TOKEN_HEADER} does not have the token"})
            return self._save() if path == SNAPSHOT else self._register(request)
        if path.startswith(function_code.PREFIX) and request.method in {"GET", "HEAD"}:
            with self._moto.lock:
                code = function_code.code_at(path)
            if code is not None:
                return Response(200, (("content-type", "application/zip"),), code)
        return _json(404, {"error": f"unknown endpoint: {request.method} {path[:200]}"})

    def _register(self, request: Request) -> Response:
        try:
            self._runtimes.register(Runtime.parse(request.body))
        except ValueError as error:
            return _json(400, {"error": str(error)})
        return _json(200, {})

    def _save(self) -> Response:
        try:
            saved = self.save()
        except CloudError as error:
            _log.error("%s", error)
            return _json(507, {"error": error.message})
        return _json(
            200,
            {
                "path": str(saved.path),
                "saved_at": saved.saved_at,
                "size": saved.size,
                "skipped": list(saved.skipped),
            },
        )

    def _health(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "format": snapshot.FORMAT,
            "moto": moto.__version__,
            "started_at": self._started_at,
            "restored_from": None if self._restored is None else str(self._restored.path),
            "restored_at": None if self._restored is None else self._restored.saved_at,
            "unsaved_changes": self._changed,
        }

    def _change_marks(self) -> dict[str, Any]:
        return {"mark": self._changes.mark}

    def _base_url(self, request: Request) -> str:
        host = request.header("host")
        if not _HOST.fullmatch(host):
            host = f"127.0.0.1:{self._settings.port}"
        return f"http://{host}"


def is_local(request: Request) -> bool:
    """Return whether the request is for an endpoint of ours, which AWS does not have."""
    return request.raw_path.startswith(LOCAL_PREFIX)


def _failure(request: Request, error: Exception) -> str:
    """Name the operation and what it lacks."""
    operation = operation_of(request)
    if isinstance(error, ImportError):
        return f"{operation} needs the Python package {error.name}, which is not installed"
    if isinstance(error, KeyError) and error.args == (region_of(request),):
        return f"{operation}: moto does not know the service in Region {region_of(request)}"
    return f"{operation} failed inside moto: {type(error).__name__}: {error}"


def _not_implemented(request: Request) -> Response:
    operation = operation_of(request)
    _log.warning("moto does not implement %s", operation)
    message = f"local-aws does not implement {operation}: moto {moto.__version__} does not know it"
    return aws_error(request, 501, "NotImplemented", message)


def _accounts() -> dict[str, Any]:
    return {"accounts": account_regions()}


def _json(status: int, value: dict[str, Any]) -> Response:
    body = json.dumps(value, indent=2).encode() + b"\n"
    return Response(status, (("content-type", "application/json"),), body)
