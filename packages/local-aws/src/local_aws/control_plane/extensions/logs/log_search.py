"""Search in logs: filter patterns, and an error for a query that would be half evaluated.

Source: CloudWatch Logs API reference, FilterLogEvents and StartQuery; CloudWatch Logs user guide,
"Supported commands and functions" of Logs Insights.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from moto.logs.exceptions import InvalidParameterException, LogsClientError

from local_aws.control_plane.extensions.logs.filter_pattern import (
    Pattern,
    UnknownPatternError,
    compiled,
)
from local_aws.control_plane.extensions.logs.log_events import as_json

_COMMAND = re.compile(r"(?P<command>[a-z]+)\s+(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_FIELDS = frozenset({"@ptr", "@timestamp", "@message", "@logstream", "@log"})
_ORDER = re.compile(r"@timestamp(\s+(asc|desc))?", re.IGNORECASE)


class EventMessageFilter:
    """A filter pattern; moto creates one for every event."""

    def __init__(self, pattern: str | None) -> None:
        self._pattern = _compiled(pattern or "")

    def matches(self, message: str) -> bool:
        return self._pattern(message, as_json(message))


def start_query(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    # Positions as in moto: log groups, start, end, query.
    text = kwargs["query_string"] if "query_string" in kwargs else args[3]
    unknown = unknown_part(text)
    if unknown is not None:
        message = f"local-aws evaluates fields, sort and limit of a query, not: {unknown}"
        raise LogsClientError("MalformedQueryException", message)
    return original(backend, *args, **kwargs)


def unknown_part(query: str) -> str | None:
    """Return the first command of a Logs Insights query that moto would ignore, or None."""
    for part in query.split("|"):
        text = part.strip()
        match = _COMMAND.fullmatch(text)
        if match is None or not _is_known(match["command"].lower(), match["rest"].strip()):
            return text
    return None


def _is_known(command: str, rest: str) -> bool:
    match command:
        case "fields":
            return {field.strip().lower() for field in rest.split(",")} <= _FIELDS
        case "sort":
            return _ORDER.fullmatch(rest) is not None
        case "limit":
            return rest.isascii() and rest.isdigit()
    return False


@lru_cache(maxsize=256)
def _compiled(text: str) -> Pattern:
    try:
        return compiled(text)
    except (UnknownPatternError, ValueError) as error:
        raise InvalidParameterException(
            f"Invalid filter pattern, or one that local-aws does not evaluate: {text}"
        ) from error
