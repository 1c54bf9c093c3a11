"""Lines of the logs: collected in memory, delivered as files, never in a request's way.

Source: Application Load Balancers guide, "Access logs", log files: one every five minutes, more of
them when there is much to say.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from local_aws.cloudwatch.log_bucket import FileStore
from local_aws.cloudwatch.resource_ids import BalancerName, Kind, file_key
from local_aws.load_balancer.configuration import LogDestination

_log = logging.getLogger(__name__)

INTERVAL_SECONDS = 300.0

FILE_BYTES = 2 << 20
"""Of text: from here on a file does not wait for the interval to end."""

HELD_BYTES = 4 << 20
"""What is kept of one log while it cannot be delivered; then new lines are dropped, and counted."""

_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LogName:
    """One log of one load balancer, and where it goes."""

    balancer: BalancerName
    kind: Kind
    place: LogDestination


class Log:
    """The lines of one log that wait. ``early`` is called when there are many."""

    def __init__(self, early: Callable[[], None]) -> None:
        self.lines: list[str] = []
        self.size = 0
        self.dropped = 0
        self.reason: str | None = None
        """Why the last file did not arrive."""
        self._early = early

    def write(self, line: str) -> None:
        """One line, without its end."""
        if self.size >= HELD_BYTES:
            self.dropped += 1
            return
        self.lines.append(line)
        self.size += len(line) + 1
        if self.size >= FILE_BYTES and self.reason is None:
            self._early()


class LogDelivery:
    """Takes lines at once; hands files to a store when an interval ends, and at the end."""

    def __init__(self, store: FileStore, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._store = store
        self._interval = interval_seconds
        self.balancers: frozenset[BalancerName] = frozenset()
        """Those that there are. What another leaves behind gets one attempt."""
        self._logs: dict[LogName, Log] = {}
        self._early: set[asyncio.Task[None]] = set()
        self._delivering = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def log(self, name: LogName) -> Log:
        """To write to, for as long as the load balancer is there."""
        log = self._logs.get(name)
        if log is None:
            log = self._logs[name] = Log(self._deliver_early)
        return log

    async def deliver(self, now: float) -> None:
        """Deliver everything that is held; ``now`` is seconds since the epoch, in the interval that
        the files are of."""
        async with self._delivering:
            for name, log in list(self._logs.items()):
                was_empty = not log.lines
                if not was_empty:
                    await self._deliver(name, log, now)
                # One that has gone may still have requests that end, and are written about.
                if name.balancer not in self.balancers and (was_empty or log.reason is not None):
                    del self._logs[name]

    async def close(self, timeout_seconds: float = 5.0) -> None:
        """Stop, with one last attempt to deliver what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self.deliver(time.time())

    def _deliver_early(self) -> None:
        if not self._early:
            task = asyncio.create_task(self.deliver(time.time()))
            self._early.add(task)
            task.add_done_callback(self._early.discard)

    async def _deliver(self, name: LogName, log: Log, now: float) -> None:
        lines, size = log.lines, log.size
        log.lines, log.size = [], 0
        key = file_key(
            name.balancer,
            name.place.prefix,
            name.kind,
            self._end(now),
            datetime.now(UTC),
            secrets.token_hex(4),
        )
        try:
            await asyncio.to_thread(self._put, name.place.bucket, key, lines)
        except Exception as error:
            log.lines, log.size = lines + log.lines, size + log.size
            self._complain(name, log, str(error))
            return
        if log.reason is not None:
            _log.info("%s is delivered again", _title(name))
        if log.dropped:
            _log.warning("dropped %d lines of %s", log.dropped, _title(name))
        log.reason, log.dropped = None, 0

    def _put(self, bucket: str, key: str, lines: list[str]) -> None:
        content = "\n".join([*lines, ""]).encode()
        self._store.put(bucket, key, gzip.compress(content, compresslevel=6))

    def _complain(self, name: LogName, log: Log, reason: str) -> None:
        """Once for each reason."""
        if log.reason != reason:
            place = f"s3://{name.place.bucket}/{name.place.prefix}"
            _log.warning("%s cannot be written to %s: %s", _title(name), place, reason)
        log.reason = reason

    def _end(self, now: float) -> datetime:
        step = max(self._interval, _MINUTE_SECONDS)
        return datetime.fromtimestamp((now // step + 1) * step, UTC)

    async def _run(self) -> None:
        while True:
            now = time.time()
            left = self._interval - now % self._interval
            await asyncio.sleep(left)
            # Shielded: a cancelled delivery would lose the lines it holds.
            await asyncio.shield(self.deliver(now))


def _title(name: LogName) -> str:
    what = "access log" if name.kind is Kind.ACCESS else "connection log"
    return f"the {what} of {name.balancer.resource_id}"
