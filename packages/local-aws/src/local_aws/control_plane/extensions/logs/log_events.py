"""The newest events of a log stream: AWS keeps all, this machine's memory does not.

Source: CloudWatch Logs API reference, PutLogEvents.
"""

from __future__ import annotations

from typing import Any

from moto.logs.models import LogStream

from local_aws.control_plane.extensions.patching import around

MOST_EVENTS = 5_000
"""Of one stream, which is one worker's."""


def install() -> None:
    @around(LogStream, "put_log_events")
    def put(original: Any, stream: Any, events: Any) -> Any:
        answer = original(stream, events)
        del stream.events[:-MOST_EVENTS]
        return answer
