"""Platform log: the lines that Lambda adds to a function's log.

Source: Lambda developer guide, "Working with Lambda function logs", "Log-level filtering" (system
log level event mapping) and "Lambda Telemetry API Event schema reference" (the JSON form).
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any, NamedTuple

_LEVELS = ("DEBUG", "INFO", "WARN")
_INIT = {"initializationType": "on-demand", "phase": "init"}


class Report(NamedTuple):
    """Duration and memory of one invocation.

    ``init_ms`` is None unless it was the worker's first. ``status`` is success, error or timeout.
    """

    request_id: str
    duration_ms: float
    memory_mb: int
    used_memory_mb: int
    init_ms: float | None
    status: str
    error_type: str | None = None


class PlatformLog:
    """Formats platform lines; None stands for a line that is not written.

    ``log_format`` is ``Text`` or ``JSON``. Only JSON has levels: errors have the level ``WARN``,
    so that this level leaves out every line about a success.
    """

    def __init__(self, log_format: str, version: str, level: str | None = None) -> None:
        self._json = log_format == "JSON"
        self._version = version
        self._level = _LEVELS.index(level or "INFO")

    def init_start(self, function: str, runtime: str, region: str) -> str | None:
        """``runtime`` is like ``python3.13``. The runtime version ``v0`` does not exist on AWS."""
        version = f"python:{runtime.removeprefix('python')}.v0"
        digest = hashlib.sha256(version.encode()).hexdigest()
        arn = f"arn:aws:lambda:{region}::runtime:{digest}"
        if self._json:
            record = {
                **_INIT,
                "runtimeVersion": version,
                "runtimeVersionArn": arn,
                "functionName": function,
                "functionVersion": self._version,
            }
            return self._event("INFO", "platform.initStart", record)
        return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"

    def init_runtime_done(
        self, status: str = "success", error_type: str | None = None
    ) -> str | None:
        """JSON only."""
        if not self._json:
            return None
        record = {**_INIT, **_status(status, error_type)}
        return self._event("DEBUG", "platform.initRuntimeDone", record)

    def init_report(
        self, init_ms: float, status: str = "success", error_type: str | None = None
    ) -> str | None:
        """In text only if the init phase failed."""
        if self._json:
            record = {**_INIT, **_status(status, error_type)}
            record["metrics"] = {"durationMs": round(init_ms, 3)}
            return self._event("DEBUG", "platform.initReport", record)
        if status == "success":
            return None
        parts = [f"INIT_REPORT Init Duration: {init_ms:.2f} ms", "Phase: init"]
        return _line(parts, status, error_type)

    def start(self, request_id: str) -> str | None:
        if self._json:
            record = {"requestId": request_id, "version": self._version}
            return self._event("INFO", "platform.start", record)
        return f"START RequestId: {request_id} Version: {self._version}\n"

    def timed_out(self, request_id: str, text: str) -> str | None:
        """Text only; in JSON the report says it."""
        return None if self._json else f"{_now()} {request_id} {text}\n"

    def exited(self, request_id: str, text: str) -> str | None:
        """Text only; in JSON the report says it."""
        if self._json:
            return None
        return f"RequestId: {request_id} Error: {text}\nRuntime.ExitError\n"

    def end(self, request_id: str) -> str | None:
        """Text only."""
        return None if self._json else f"END RequestId: {request_id}\n"

    def runtime_done(self, report: Report, response_bytes: int) -> str | None:
        """JSON only."""
        if not self._json:
            return None
        duration_ms = round(report.duration_ms, 3)
        record = {"requestId": report.request_id, **_status(report.status, report.error_type)}
        record["metrics"] = {"durationMs": duration_ms, "producedBytes": response_bytes}
        return self._event("DEBUG", "platform.runtimeDone", record)

    def report(self, report: Report) -> str | None:
        billed_ms = math.ceil(report.duration_ms + (report.init_ms or 0))
        if self._json:
            metrics = {
                "durationMs": round(report.duration_ms, 3),
                "billedDurationMs": billed_ms,
                "memorySizeMB": report.memory_mb,
                "maxMemoryUsedMB": report.used_memory_mb,
            }
            if report.init_ms is not None:
                metrics["initDurationMs"] = round(report.init_ms, 3)
            record = {"requestId": report.request_id, **_status(report.status, report.error_type)}
            record["metrics"] = metrics
            return self._event("INFO", "platform.report", record)
        parts = [
            f"REPORT RequestId: {report.request_id}",
            f"Duration: {report.duration_ms:.2f} ms",
            f"Billed Duration: {billed_ms} ms",
            f"Memory Size: {report.memory_mb} MB",
            f"Max Memory Used: {report.used_memory_mb} MB",
        ]
        if report.init_ms is not None:
            parts.append(f"Init Duration: {report.init_ms:.2f} ms")
        return _line(parts, report.status, report.error_type)

    def _event(self, level: str, kind: str, record: dict[str, Any]) -> str | None:
        """``level`` is the level of a success."""
        if record.get("status", "success") != "success":
            level = "WARN"
        if _LEVELS.index(level) < self._level:
            return None
        return json.dumps({"time": _now(), "type": kind, "record": record}) + "\n"


def _line(parts: list[str], status: str, error_type: str | None) -> str:
    if status != "success":
        parts.append(f"Status: {status}")
    if error_type is not None:
        parts.append(f"Error Type: {error_type}")
    return "\t".join(parts) + "\t\n"


def _status(status: str, error_type: str | None) -> dict[str, Any]:
    return {"status": status} if error_type is None else {"status": status, "errorType": error_type}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
