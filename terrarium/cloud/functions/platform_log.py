"""The lines that Lambda itself writes around an invocation, in the function's log format.

Source: Lambda developer guide, "Working with Lambda function logs", "Log-level filtering" (system
log level event mapping) and "Lambda Telemetry API Event schema reference" (the JSON form).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


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

    Only the JSON form knows levels: of what went well, ``WARN`` leaves out everything.
    """

    def __init__(self, log_format: str, version: str, level: str | None = None) -> None:
        self._json = log_format == "JSON"
        self._version = version
        self._only_warnings = self._json and level == "WARN"

    def start(self, request_id: str) -> str | None:
        if self._only_warnings:
            return None
        if self._json:
            return _event("platform.start", {"requestId": request_id, "version": self._version})
        return f"START RequestId: {request_id} Version: {self._version}\n"

    def timed_out(self, request_id: str, text: str) -> str | None:
        """The JSON form has it in the report instead."""
        return None if self._json else f"{_now()} {request_id} {text}\n"

    def exited(self, request_id: str, text: str) -> str | None:
        """The line for a runtime that has ended; the JSON form has it in the report instead."""
        if self._json:
            return None
        return f"RequestId: {request_id} Error: {text}\nRuntime.ExitError\n"

    def init_report(self, init_ms: float, status: str, error_type: str | None) -> str:
        """The line for a function that did not initialise."""
        if self._json:
            record: dict[str, Any] = {
                "initializationType": "on-demand",
                "phase": "init",
                "status": status,
                "metrics": {"durationMs": round(init_ms, 3)},
            }
            if error_type is not None:
                record["errorType"] = error_type
            return _event("platform.initReport", record)
        parts = [f"INIT_REPORT Init Duration: {init_ms:.2f} ms", "Phase: init", f"Status: {status}"]
        if error_type is not None:
            parts.append(f"Error Type: {error_type}")
        return "\t".join(parts) + "\t\n"

    def end(self, request_id: str) -> str | None:
        return None if self._json else f"END RequestId: {request_id}\n"

    def report(self, report: Report) -> str | None:
        if self._only_warnings and report.status == "success":
            return None
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
            record = {
                "requestId": report.request_id,
                "metrics": metrics,
                "status": report.status,
            }
            if report.error_type is not None:
                record["errorType"] = report.error_type
            return _event("platform.report", record)
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


def _event(kind: str, record: dict[str, Any]) -> str:
    return json.dumps({"time": _now(), "type": kind, "record": record}) + "\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
