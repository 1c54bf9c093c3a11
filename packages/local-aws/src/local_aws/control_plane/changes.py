"""Change counter of the configuration, so that pollers can skip unchanged state."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.control_plane.aws_errors import operation_of, service_of
from local_aws.control_plane.http import Request

_READ_METHODS = frozenset({"GET", "HEAD"})
_READ_PREFIXES = ("Describe", "Get", "List")
_DATA_SERVICES = frozenset({"s3", "sts"})
"""Objects in buckets and sessions are not configuration."""

_DATA_OPERATIONS = frozenset(
    {"CreateLogGroup", "CreateLogStream", "FilterLogEvents", "PutLogEvents", "PutMetricData"}
)
"""Functions and load balancers write logs and metrics all the time."""


class Changes:
    """Counts requests that may have changed the configuration; safe to use from many threads."""

    def __init__(self) -> None:
        self._cloud = secrets.token_hex(8)
        self._count = 0
        self._lock = threading.Lock()

    @property
    def mark(self) -> str:
        """``CLOUD-COUNT``; differs from every earlier mark if the configuration changed."""
        return f"{self._cloud}-{self._count}"

    @contextmanager
    def noting(self, request: Request) -> Iterator[None]:
        """Count a request after the block that carries it out.

        Counted before, a poller could read the old state and remember it under the new mark.
        """
        try:
            yield
        finally:
            if is_change(request):
                with self._lock:
                    self._count += 1


def is_change(request: Request) -> bool:
    """Return whether a request may change the configuration. In doubt it does."""
    if request.method in _READ_METHODS or service_of(request) in _DATA_SERVICES:
        return False
    operation = operation_of(request).rpartition(" ")[2]
    return operation not in _DATA_OPERATIONS and not operation.startswith(_READ_PREFIXES)
