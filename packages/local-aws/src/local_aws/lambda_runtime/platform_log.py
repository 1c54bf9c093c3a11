"""The lines that Lambda itself writes around an invocation, in the function's log format.

Source: Lambda developer guide, "Working with Lambda function logs", "Log-level filtering" (system
log level event mapping) and "Lambda Telemetry API Event schema reference" (the JSON form).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_LEVELS = ("DEBUG", "INFO", "WARN")
_INIT = {"initializationType": "on-demand", "phase": "init"}


@dataclass(frozen=True, slots=True)
class Report:
    """What one invocation cost. ``init_ms`` is None unless it was the worker's first."""

    request_id: str
    duration_ms: float
    memory_mb: int
    used_memory_mb: int
    init_ms: float | None
    status: str  # success, error or timeout
    error_type: str | None = None


class PlatformLog:
    """Formats platform lines; ``log_format`` is ``Text`` or ``JSON``.

    Only the JSON form knows levels, ``INFO`` unless the function has another: of what went well,
    ``WARN`` leaves out everything. None stands for a line that is not written.
    """

    def __init__(self, log_format: str, version: str, level: str | None = None) -> None:
        self._json = log_format == "JSON"
        self._version = version
        self._level = _LEVELS.index(level or "INFO")

    def init_start(self, function: str, runtime: str, region: str) -> str | None:
        """``runtime`` as in ``python3.13``. Its version is one that no runtime of AWS's has."""
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

    def start(self, request_id: str) -> str | None:
        if self._json:
            record = {"requestId": request_id, "version": self._version}
            return self._event("INFO", "platform.start", record)
        return f"START RequestId: {request_id} Version: {self._version}\n"

    def timed_out(self, request_id: str, text: str) -> str | None:
        """The JSON form has it in the report instead."""
        return None if self._json else f"{_now()} {request_id} {text}\n"

    def exited(self, request_id: str, text: str) -> str | None:
        """The line for a runtime that has ended; the JSON form has it in the report instead."""
        if self._json:
            return None
        return f"RequestId: {request_id} Error: {text}\nRuntime.ExitError\n"

    def init_runtime_done(
        self, status: str = "success", error_type: str | None = None
    ) -> str | None:
        """How the runtime ended its initialisation, in the JSON form only."""
        if not self._json:
            return None
        record = {**_INIT, **_how(status, error_type)}
        return self._event("DEBUG", "platform.initRuntimeDone", record)

    def init_report(
        self, init_ms: float, status: str = "success", error_type: str | None = None
    ) -> str | None:
        """How it initialised; in text, if it did not."""
        if self._json:
            record = {**_INIT, **_how(status, error_type)}
            record["metrics"] = {"durationMs": round(init_ms, 3)}
            return self._event("DEBUG", "platform.initReport", record)
        if status == "success":
            return None
        parts = [f"INIT_REPORT Init Duration: {init_ms:.2f} ms", "Phase: init", f"Status: {status}"]
        if error_type is not None:
            parts.append(f"Error Type: {error_type}")
        return "\t".join(parts) + "\t\n"

    def end(self, request_id: str) -> str | None:
        return None if self._json else f"END RequestId: {request_id}\n"

    def runtime_done(self, report: Report, answer_bytes: int) -> str | None:
        """How the runtime ended an invocation, in the JSON form only."""
        if not self._json:
            return None
        duration_ms = round(report.duration_ms, 3)
        record = {"requestId": report.request_id, **_how(report.status, report.error_type)}
        record["metrics"] = {"durationMs": duration_ms, "producedBytes": answer_bytes}
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
            record = {"requestId": report.request_id, **_how(report.status, report.error_type)}
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
        if report.status != "success":
            parts.append(f"Status: {report.status}")
        if report.error_type is not None:
            parts.append(f"Error Type: {report.error_type}")
        return "\t".join(parts) + "\t\n"

    def _event(self, level: str, kind: str, record: dict[str, Any]) -> str | None:
        """``level`` is that of what goes well; what does not is always a warning."""
        if record.get("status", "success") != "success":
            level = "WARN"
        if _LEVELS.index(level) < self._level:
            return None
        return json.dumps({"time": _now(), "type": kind, "record": record}) + "\n"


def _how(status: str, error_type: str | None) -> dict[str, Any]:
    return {"status": status} if error_type is None else {"status": status, "errorType": error_type}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
