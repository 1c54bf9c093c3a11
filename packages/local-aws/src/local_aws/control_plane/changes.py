"""Whether something changed: for those who would read, or compare, everything in vain."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.control_plane import sessions
from local_aws.control_plane.aws_errors import (
    access_key_of,
    operation_of,
    service_of,
)
from local_aws.control_plane.http import Request
from local_aws.iam.principal import LOG_SERVICE

_READS = frozenset({"GET", "HEAD"})
_READING = ("Describe", "Get", "List")
_DATA_SERVICES = frozenset({"s3", "sts"})
"""What is in buckets is no configuration, and neither is who is logged in."""

_LOGGING = frozenset({"CreateLogStream", "FilterLogEvents", "PutLogEvents", "PutMetricData"})
"""What functions and load balancers do all the time."""

_DATA = _LOGGING | {"CreateLogGroup"}
"""A group that is missing is made by its function: nobody follows that, but Terraform made it."""

_STATE_LOCK = ".tflock"


class Changes:
    """Counts requests that may have changed the configuration; safe to use from many threads."""

    def __init__(self) -> None:
        self._cloud = secrets.token_hex(8)
        self._count = 0
        self._revision = self._cloud
        self._lock = threading.Lock()

    @property
    def mark(self) -> str:
        """Differs from every earlier one if something has changed; ``CLOUD-COUNT``."""
        return f"{self._cloud}-{self._count}"

    @property
    def revision(self) -> str:
        """Differs from every earlier one if anything was written that is not just a log.

        It is saved with the cloud, and the same again when that is restored.
        """
        return self._revision

    def restore(self, revision: str) -> None:
        self._revision = revision

    @contextmanager
    def noting(self, request: Request) -> Iterator[None]:
        """Around a request that is carried out."""
        writes = is_write(request)
        if writes:  # now, too: what it writes may be saved before it has ended
            self._revision = secrets.token_hex(8)
        try:
            yield
        finally:
            # Afterwards: what somebody has read before must not stand for what was still to come.
            if writes:
                self._revision = secrets.token_hex(8)
                if is_change(request):  # every change is a write, too
                    with self._lock:
                        self._count += 1


def is_change(request: Request) -> bool:
    """Whether a request may change what somebody follows. In doubt it does."""
    if service_of(request) in _DATA_SERVICES:
        return False
    return not _reads(request, _DATA)


def is_write(request: Request) -> bool:
    """Whether a request may change anything that Terraform could have made. In doubt it does."""
    service = service_of(request)
    if service == "sts":
        return False
    if service == "s3" and request.method not in _READS:
        is_lock = request.raw_path.endswith(_STATE_LOCK)
        return not is_lock and not _delivers_logs(request)
    return not _reads(request, _LOGGING)


def _delivers_logs(request: Request) -> bool:
    session = sessions.session_of(access_key_of(request))
    return session is not None and session.session_name == LOG_SERVICE


def _reads(request: Request, data: frozenset[str]) -> bool:
    if request.method in _READS:
        return True
    operation = operation_of(request).rpartition(" ")[2]
    return operation in data or operation.startswith(_READING)
