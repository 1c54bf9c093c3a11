"""Warm workers of one function version."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from local_aws.errors import CloudError
from local_aws.lambda_runtime.deployment_package import InvalidZipError
from local_aws.lambda_runtime.function_version import FunctionVersion
from local_aws.lambda_runtime.init_error import InitError
from local_aws.lambda_runtime.invocation import Invocation
from local_aws.lambda_runtime.outcome import Failed, Reason

_log = logging.getLogger(__name__)

_CORES = os.cpu_count() or 1

GROW_SECONDS = 0.25
"""An invocation waits this long for a busy worker before another is started."""

GROW_TO_CORES_SECONDS = 0.05
"""The same while there are fewer workers than cores: another can then really run beside them."""

DELIVERIES = 3
"""Workers that an invocation is given to when they end before they take it."""

QUEUE_SECONDS = 10.0
IDLE_SECONDS = 120.0
STARTING_AT_ONCE = 2


class PooledWorker(Protocol):
    """What a pool needs of a worker; see Worker. Moments are of ``time.monotonic``."""

    alive: bool
    used_at: float
    usable_until: float

    def run(self, invocation: Invocation) -> None: ...

    def check(self, now: float) -> None: ...

    async def stop(self) -> None: ...


class Pool:
    """Runs invocations on at most ``limit`` workers; the others queue, then are throttled.

    Nothing here waits for a worker: they say themselves when they are free, see Owner.
    """

    def __init__(self, function: FunctionVersion, spawn: Spawn, limit: int) -> None:
        self.function = function
        self._spawn = spawn
        self._limit = limit
        self._idle: list[PooledWorker] = []
        self._workers: set[PooledWorker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self._queue: deque[Invocation] = deque()
        self._awake_since = 0.0
        self._on_quiet: asyncio.Future[None] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the first worker before anyone asks."""
        if self._size == 0:
            self._start_worker()

    @property
    def in_flight(self) -> int:
        """Invocations that run or wait."""
        return len(self._workers) - len(self._idle) + len(self._queue)

    @property
    def waited_for(self) -> bool:
        return bool(self._queue)

    def submit(self, invocation: Invocation) -> None:
        """Run an invocation, at once or when a worker is free.

        Every way it can fail is a Failed, never an exception.
        """
        worker = self._take_idle()
        if worker is not None:
            worker.run(invocation)
        elif self._closed:
            invocation.done(Failed(Reason.SERVICE, "the load balancer is stopping"))
        else:
            self._queue.append(invocation)
            if self._size == 0:
                self._start_worker()

    def freed(self, worker: PooledWorker) -> None:
        """A worker has finished its invocation."""
        self._idle.append(worker)
        if self._queue:
            self._hand_out()
        elif self._on_quiet is not None:
            self._look_quiet()

    def lost(self, worker: PooledWorker, untaken: Invocation | None) -> None:
        """A worker has ended; an invocation that it never took goes to another."""
        if worker in self._idle:
            self._idle.remove(worker)
        self._workers.discard(worker)
        if untaken is not None and (untaken.deliveries == DELIVERIES or self._closed):
            detail = "workers end before they take an invocation"
            untaken.done(Failed(Reason.UNHANDLED, detail))
        elif untaken is not None:
            self._queue.appendleft(untaken)
        self._hand_out()
        self._grow(time.monotonic())
        self._look_quiet()

    def sweep(self, now: float, *, stood_still: bool = False) -> None:
        """What time brings: timeouts, the end of patience. To be called every few milliseconds.

        ``stood_still`` when this process did not run for a while: then nobody waited for a worker.
        """
        if stood_still:
            self._awake_since = now
        for worker in list(self._workers):
            worker.check(now)
        while self._queue and self._waited(now) > QUEUE_SECONDS:
            detail = f"no worker was free for {QUEUE_SECONDS:.0f} seconds"
            self._queue.popleft().done(Failed(Reason.THROTTLING, detail))
        self._grow(now)
        self._look_quiet()

    def retire_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """End workers that nobody has used for a while."""
        now = time.monotonic()
        for worker in list(self._idle):
            if now - worker.used_at > idle_seconds:
                self._idle.remove(worker)
                self._end(worker)

    async def drain(self, timeout_seconds: float) -> None:
        """Let running invocations finish for a while, then end every worker."""
        self._on_quiet = asyncio.get_running_loop().create_future()
        self._look_quiet()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._on_quiet
        self._closed = True
        while self._queue:
            self._queue.popleft().done(Failed(Reason.SERVICE, "the load balancer is stopping"))
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        self._idle.clear()
        for worker in list(self._workers):
            self._end(worker)
        await asyncio.gather(*self._stopping)

    def _take_idle(self) -> PooledWorker | None:
        while self._idle:
            worker = self._idle.pop()  # the last used is the warmest
            if worker.alive and worker.usable_until > time.monotonic():
                return worker
            self._end(worker)
        return None

    def _hand_out(self) -> None:
        """Give idle workers what waits."""
        while self._queue and (worker := self._take_idle()) is not None:
            worker.run(self._queue.popleft())

    def _waited(self, now: float) -> float:
        """Seconds for which the first of those that wait has done so."""
        return now - max(self._queue[0].offered_at, self._awake_since)

    @property
    def _size(self) -> int:
        return len(self._workers) + len(self._starting)

    def _grow(self, now: float) -> None:
        """Start a worker if somebody has waited for long, or if there is nothing to wait for."""
        if len(self._queue) <= len(self._starting):
            return  # nobody waits, or a worker is on its way for each
        size = self._size
        patience = GROW_TO_CORES_SECONDS if size < _CORES else GROW_SECONDS
        if size == 0 or self._waited(now) >= patience:
            self._start_worker()

    def _start_worker(self) -> None:
        full = self._size >= self._limit
        if self._closed or full or len(self._starting) >= STARTING_AT_ONCE:
            return
        task = asyncio.create_task(self._start())
        self._starting.add(task)
        task.add_done_callback(self._started)

    async def _start(self) -> None:
        try:
            worker = await self._spawn(self.function, self)
        except (InitError, CloudError, OSError) as error:
            if self._queue:  # whose request will be logged with it
                self._fail(self._queue.popleft(), error)
            else:
                _log.warning("%s:%s: %s", self.function.name, self.function.version, error)
        else:
            self._workers.add(worker)
            self.freed(worker)

    def _fail(self, invocation: Invocation, error: Exception) -> None:
        if not isinstance(error, InitError):
            is_zip = isinstance(error, InvalidZipError)
            reason = Reason.INVALID_ZIP if is_zip else Reason.SERVICE
            invocation.done(Failed(reason, str(error)))
            return
        if invocation.tail is not None:
            invocation.tail.follow(error.tail)
        invocation.done(Failed(Reason.UNHANDLED, str(error), error.payload))

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        self._grow(time.monotonic())
        self._look_quiet()

    def _look_quiet(self) -> None:
        """Tell who drains when nothing runs and nothing waits."""
        if self._on_quiet is not None and not self._on_quiet.done() and self.in_flight == 0:
            self._on_quiet.set_result(None)

    def _end(self, worker: PooledWorker) -> None:
        self._workers.discard(worker)
        task = asyncio.create_task(worker.stop())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


Spawn = Callable[[FunctionVersion, Pool], Awaitable[PooledWorker]]
"""Starts a worker that reports to the pool. Raises InitError, CloudError or OSError."""
