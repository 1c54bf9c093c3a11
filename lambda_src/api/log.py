"""One line of JSON for each request, which CloudWatch Logs Insights reads as fields.

A line holds the route and not the path, and no header but the trace id: what a client may have put
into a URL by mistake stays out of the log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class RequestLog:
    """Writes the lines of ``level`` and above to ``stream``, by default to stdout."""

    def __init__(self, level: str, stream: TextIO | None = None) -> None:
        self._lowest = _LEVELS.index(level)
        self._stream = stream

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RequestLog:
        """Raises RuntimeError for a LOG_LEVEL that is none."""
        level = environment.get("LOG_LEVEL", "INFO")
        if level not in _LEVELS:
            raise RuntimeError(f"LOG_LEVEL is {level!r}: use one of {', '.join(_LEVELS)}")
        return cls(level)

    def write(self, *, status: int, **fields: Any) -> None:
        """ERROR from status 500 on, else INFO. Fields that are None are left out."""
        level = "ERROR" if status >= 500 else "INFO"
        if _LEVELS.index(level) < self._lowest:
            return
        known = {name: value for name, value in fields.items() if value is not None}
        line = json.dumps({"level": level, "status": status, **known}, separators=(",", ":"))
        stream = self._stream or sys.stdout
        stream.write(line + "\n")
        stream.flush()
