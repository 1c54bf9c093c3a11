"""Function logs into CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from terrarium.cloud.functions.logs import LogEvent

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


class CloudWatch:
    """A LogStore; makes groups and streams when they are missing, as Lambda does."""

    def __init__(self, client: Callable[[], CloudWatchLogsClient]) -> None:
        self._client = client

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        logs = self._client()
        try:
            self._put(logs, group, stream, events)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            _create(logs, group, stream)
            self._put(logs, group, stream, events)

    def _put(
        self, logs: CloudWatchLogsClient, group: str, stream: str, events: Sequence[LogEvent]
    ) -> None:
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": e.timestamp_ms, "message": e.message} for e in events],
        )


def _create(logs: CloudWatchLogsClient, group: str, stream: str) -> None:
    with _unless_exists():
        logs.create_log_group(logGroupName=group)
    with _unless_exists():
        logs.create_log_stream(logGroupName=group, logStreamName=stream)


@contextmanager
def _unless_exists() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) != "ResourceAlreadyExistsException":
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
