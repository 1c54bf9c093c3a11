"""Whether something changed: for those who follow the configuration and would read it in vain."""

from __future__ import annotations

import secrets
import threading

from terrarium.cloud.control_plane.aws_errors import operation_of, service_of
from terrarium.cloud.control_plane.http import Request

_READS = frozenset({"GET", "HEAD"})
_READING = ("Describe", "Get", "List")
_DATA_SERVICES = frozenset({"s3", "sts"})
"""What is in buckets is no configuration, and neither is who is logged in."""

_DATA = frozenset(
    {"CreateLogGroup", "CreateLogStream", "FilterLogEvents", "PutLogEvents", "PutMetricData"}
)


class Changes:
    """Counts requests that may have changed the configuration; safe to use from many threads."""

    def __init__(self) -> None:
        self._cloud = secrets.token_hex(8)
        self._count = 0
        self._lock = threading.Lock()

    @property
    def mark(self) -> str:
        """Differs from every earlier one if something has changed; ``CLOUD-COUNT``."""
        return f"{self._cloud}-{self._count}"

    def note(self, request: Request) -> None:
        """To be called when the request has been carried out: a mark that somebody has read
        before must not stand for what was still to come."""
        if is_change(request):
            with self._lock:
                self._count += 1


def is_change(request: Request) -> bool:
    """Whether a request may change what somebody follows. In doubt it does."""
    if service_of(request) in _DATA_SERVICES:
        return False
    if request.method in _READS:
        return False
    operation = operation_of(request).rpartition(" ")[2]
    return operation not in _DATA and not operation.startswith(_READING)
