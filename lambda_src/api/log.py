"""One line of JSON for each request; CloudWatch reads fields and metrics from it.

A line has the route instead of the path, and no header except the trace id: a secret that a client
put into a URL by mistake stays out of the log. ``_aws`` turns some fields into metrics by route
(embedded metric format):

================= ============ ==================================================================
metric            unit         meaning
================= ============ ==================================================================
``duration_ms``   Milliseconds time in the handler; its sample count is the number of requests
``server_errors`` Count        answers of status 500 and above
``stale_answers`` Count        answers from the cache because S3 failed
``storage_reads`` Count        requests to S3
================= ============ ==================================================================
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_METRICS = {
    "duration_ms": "Milliseconds",
    "server_errors": "Count",
    "stale_answers": "Count",
    "storage_reads": "Count",
}
_NAMESPACE = re.compile(r"[A-Za-z0-9._/#:-]{1,255}")


class RequestLog:
    """Writes lines of ``level`` and above to ``stream``, by default stdout.

    A line below ``level`` makes no metrics.
    """

    def __init__(
        self,
        level: str,
        namespace: str,
        stream: TextIO | None = None,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = {
            "Namespace": namespace,
            "Dimensions": [["route"]],
            "Metrics": [{"Name": name, "Unit": unit} for name, unit in _METRICS.items()],
        }
        self._lowest = _LEVELS.index(level)
        self._stream = stream
        self._wall = wall

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RequestLog:
        """Raises RuntimeError if LOG_LEVEL or METRICS_NAMESPACE is invalid."""
        level = environment.get("LOG_LEVEL", "INFO")
        if level not in _LEVELS:
            raise RuntimeError(f"LOG_LEVEL is {level!r}: use one of {', '.join(_LEVELS)}")
        name = environment.get("AWS_LAMBDA_FUNCTION_NAME", "api")
        namespace = environment.get("METRICS_NAMESPACE") or name
        if not _NAMESPACE.fullmatch(namespace):
            raise RuntimeError(f"METRICS_NAMESPACE is {namespace!r}: use letters, digits, ._/#:-")
        return cls(level, namespace)

    def write(self, *, status: int, cache: str, **fields: Any) -> None:
        """Write a line: ERROR from status 500 on, else INFO. Leaves out fields that are None."""
        failed = status >= 500
        level = "ERROR" if failed else "INFO"
        if _LEVELS.index(level) < self._lowest:
            return
        line = {
            "level": level,
            "status": status,
            "cache": cache,
            **{name: value for name, value in fields.items() if value is not None},
            "server_errors": int(failed),
            "stale_answers": int(cache == "stale"),
            "_aws": {
                "Timestamp": int(self._wall() * 1000),
                "CloudWatchMetrics": [self._metrics],
            },
        }
        stream = self._stream or sys.stdout
        stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        stream.flush()
