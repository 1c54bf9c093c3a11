"""Function logs into CloudWatch Logs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local_aws.cloudwatch.function_log_delivery import LogEvent
from local_aws.lambda_runtime.function_version import FunctionVersion

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_log = logging.getLogger(__name__)

_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class CloudWatch:
    """A LogStore; makes groups and streams when they are missing, as Lambda does.

    A group is made in the name of the function that writes into it, and so only if its role may.
    Without a group nothing is kept, and one line says so.
    """

    def __init__(
        self,
        client: Callable[[], CloudWatchLogsClient],
        client_of: Callable[[FunctionVersion], CloudWatchLogsClient],
    ) -> None:
        """``client_of`` acts with a function's role."""
        self._client = client
        self._client_of = client_of
        self._writers: dict[str, FunctionVersion] = {}
        self._missing: set[str] = set()

    def writes(self, function: FunctionVersion) -> None:
        """To be called before the function writes: it will be asked for its log group."""
        self._writers[function.log_group] = function

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        logs = self._client()
        try:
            self._put(logs, group, stream, events)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            if not self._create_stream(logs, group, stream):
                return
            self._put(logs, group, stream, events)
        self._missing.discard(group)

    def _put(
        self, logs: CloudWatchLogsClient, group: str, stream: str, events: Sequence[LogEvent]
    ) -> None:
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": e.timestamp_ms, "message": e.message} for e in events],
        )

    def _create_stream(self, logs: CloudWatchLogsClient, group: str, stream: str) -> bool:
        """With its group, if need be; False when there is none and may be none."""
        try:
            with _unless_exists():
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise
            if not self._create_group(logs, group):
                return False
            with _unless_exists():
                logs.create_log_stream(logGroupName=group, logStreamName=stream)
        return True

    def _create_group(self, logs: CloudWatchLogsClient, group: str) -> bool:
        writer = self._writers.get(group)
        client = logs if writer is None else self._client_of(writer)
        try:
            with _unless_exists():
                client.create_log_group(logGroupName=group)
        except ClientError as error:
            if _code(error) not in _DENIED:
                raise
            if group not in self._missing:
                _log.warning("what functions say is lost: no log group %s, and %s", group, error)
            self._missing.add(group)
            return False
        return True


@contextmanager
def _unless_exists() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _code(error) != "ResourceAlreadyExistsException":
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
