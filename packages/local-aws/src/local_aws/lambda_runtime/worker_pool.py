"""Warm workers of one function version."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from local_aws.errors import CloudError
from local_aws.lambda_runtime.deployment_package import InvalidZipError
from local_aws.lambda_runtime.function_version import FunctionVersion
from local_aws.lambda_runtime.invocation import Failed, InitError, Invocation, Reason

_log = logging.getLogger(__name__)

GROW_SECONDS = 0.1
"""Wait of an invocation for a busy worker before another worker is started. A worker starts in
about that time and takes 20 MB, so that quick functions are not given one for each request."""

DELIVERIES = 3
"""Workers that are tried for an invocation if they end before they read it."""

QUEUE_SECONDS = 10.0
"""An invocation that waits longer is throttled."""

IDLE_SECONDS = 120.0
STARTING_AT_ONCE = 2


class PooledWorker(Protocol):
    """A worker as the pool sees it; see Worker. Times are seconds of ``time.monotonic``."""

    alive: bool
    used_at: float
    usable_until: float

    def run(self, invocation: Invocation) -> None: ...

    def check(self, now: float) -> None: ...

    async def stop(self) -> None: ...


class WorkerPool:
    """Runs invocations on at most ``limit`` workers; the others queue, then are throttled."""

    def __init__(self, function: FunctionVersion, spawn: Spawn, limit: int) -> None:
        self.function = function
        self._spawn = spawn
        self._limit = limit
        self._idle: list[PooledWorker] = []
        self._workers: set[PooledWorker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self._queue: deque[Invocation] = deque()
        self._drained: asyncio.Future[None] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the first worker before the first invocation."""
        if self._size == 0:
            self._start_worker()

    @property
    def in_flight(self) -> int:
        """Invocations that run or wait."""
        return len(self._workers) - len(self._idle) + len(self._queue)

    def submit(self, invocation: Invocation) -> None:
        """Run an invocation, now or when a worker is free. Every failure is a Failed."""
        worker = self._take_idle()
        if worker is not None:
            worker.run(invocation)
        elif self._closed:
            invocation.finish(Failed(Reason.SERVICE, "the load balancer is stopping"))
        else:
            self._queue.append(invocation)
            if self._size == 0:
                self._start_worker()

    def freed(self, worker: PooledWorker) -> None:
        self._idle.append(worker)
        self._hand_out()
        self._check_drained()

    def lost(self, worker: PooledWorker, unread: Invocation | None) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        self._workers.discard(worker)
        if unread is not None and (unread.deliveries == DELIVERIES or self._closed):
            detail = "workers end before they read an invocation"
            unread.finish(Failed(Reason.UNHANDLED, detail))
        elif unread is not None:
            self._queue.appendleft(unread)
        self._hand_out()
        self._grow(time.monotonic())
        self._check_drained()

    def sweep(self, now: float) -> None:
        """Apply timeouts, memory limits and growth. Call it every few milliseconds."""
        for worker in list(self._workers):
            worker.check(now)
        while self._queue and now - self._queue[0].offered_at > QUEUE_SECONDS:
            detail = f"no worker was free for {QUEUE_SECONDS:.0f} seconds"
            self._queue.popleft().finish(Failed(Reason.THROTTLING, detail))
        self._grow(now)
        self._check_drained()

    def retire_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """End workers that were not used for a while."""
        now = time.monotonic()
        for worker in list(self._idle):
            if now - worker.used_at > idle_seconds:
                self._idle.remove(worker)
                self._end(worker)

    async def drain(self, timeout_seconds: float) -> None:
        """Let running invocations finish, for a limited time, then end every worker."""
        self._drained = asyncio.get_running_loop().create_future()
        self._check_drained()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._drained
        self._closed = True
        while self._queue:
            self._queue.popleft().finish(Failed(Reason.SERVICE, "the load balancer is stopping"))
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        self._idle.clear()
        for worker in list(self._workers):
            self._end(worker)
        await asyncio.gather(*self._stopping)

    def _take_idle(self) -> PooledWorker | None:
        while self._idle:
            worker = self._idle.pop()  # the one used last, so that the others can retire
            if worker.alive and worker.usable_until > time.monotonic():
                return worker
            self._end(worker)
        return None

    def _hand_out(self) -> None:
        while self._queue and (worker := self._take_idle()) is not None:
            worker.run(self._queue.popleft())

    @property
    def _size(self) -> int:
        return len(self._workers) + len(self._starting)

    def _grow(self, now: float) -> None:
        """Start a worker if the first in the queue waited too long, or if there is no worker."""
        if len(self._queue) <= len(self._starting):
            return  # the queue is empty, or a worker starts for each invocation in it
        if self._size == 0 or now - self._queue[0].offered_at >= GROW_SECONDS:
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
            if self._queue:  # the log line of its request has the error
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
            invocation.finish(Failed(reason, str(error)))
            return
        if invocation.tail is not None:
            invocation.tail.extend(error.tail.content)
        invocation.finish(Failed(Reason.UNHANDLED, str(error), error.payload))

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        self._grow(time.monotonic())
        self._check_drained()

    def _check_drained(self) -> None:
        if self._drained is not None and not self._drained.done() and self.in_flight == 0:
            self._drained.set_result(None)

    def _end(self, worker: PooledWorker) -> None:
        self._workers.discard(worker)
        task = asyncio.create_task(worker.stop())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)


Spawn = Callable[[FunctionVersion, WorkerPool], Awaitable[PooledWorker]]
"""Starts a worker that the pool owns. Raises InitError, CloudError or OSError."""
