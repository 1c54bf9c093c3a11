"""Warm workers of one function version."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

from terrarium.cloud.functions.function import FunctionVersion
from terrarium.cloud.functions.invocation import Invocation, NotDeliveredError
from terrarium.cloud.functions.outcome import Failed, Outcome, Reason
from terrarium.cloud.functions.worker import InitError
from terrarium.errors import CloudError

_log = logging.getLogger(__name__)

GROW_SECONDS = 0.25
"""An invocation waits this long for a busy worker before another is started."""

GROW_TO_CORES_SECONDS = 0.02
"""The same while there are fewer workers than cores: another can then really run beside them."""

DELIVERIES = 3
"""Workers that an invocation is offered to when they end before they take it."""

QUEUE_SECONDS = 10.0
IDLE_SECONDS = 120.0
STARTING_AT_ONCE = 2


class PooledWorker(Protocol):
    """What a pool needs of a worker; see Worker."""

    used_at: float

    @property
    def alive(self) -> bool: ...

    @property
    def expired(self) -> bool: ...

    async def invoke(self, invocation: Invocation) -> Outcome: ...

    async def stop(self) -> None: ...


Spawn = Callable[[FunctionVersion], Awaitable[PooledWorker]]


class Pool:
    """Runs invocations on at most ``limit`` workers; the others queue, then are throttled."""

    def __init__(self, function: FunctionVersion, spawn: Spawn, limit: int) -> None:
        self.function = function
        self._spawn = spawn
        self._limit = limit
        self._idle: list[PooledWorker] = []
        self._workers: set[PooledWorker] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._stopping: set[asyncio.Task[None]] = set()
        self._waiting: dict[asyncio.Future[PooledWorker], float] = {}  # since when, oldest first
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._closed = False

    def warm(self) -> None:
        """Start the first worker before anyone asks."""
        if self._size == 0:
            self._start_worker()

    async def invoke(self, arn: str, payload: bytes, trace_id: str) -> Outcome:
        """Run one invocation; every way it can fail is a Failed, never an exception."""
        request_id = str(uuid.uuid4())
        self._running += 1
        self._quiet.clear()
        try:
            for _ in range(DELIVERIES):
                invocation = Invocation(
                    request_id, arn, payload, trace_id, self.function.timeout_seconds
                )
                worker = self._take_idle() or await self._wait_for_worker()
                try:
                    outcome = await worker.invoke(invocation)
                except NotDeliveredError:
                    self._end(worker)  # it died while it was idle: no code has run, so again
                except BaseException:
                    self._end(worker)  # it may still be running what nobody waits for
                    raise
                else:
                    self._give_back(worker)
                    return outcome
            return Failed(Reason.UNHANDLED, "workers end before they take an invocation")
        except TimeoutError:
            return Failed(Reason.THROTTLING, f"no worker was free for {QUEUE_SECONDS:.0f} seconds")
        except InitError as error:
            return Failed(Reason.UNHANDLED, str(error))
        except (CloudError, OSError) as error:
            return Failed(Reason.SERVICE, str(error))
        finally:
            self._running -= 1
            if not self._running:
                self._quiet.set()

    def retire_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """End workers that nobody has used for a while, and those that died."""
        now = time.monotonic()
        for worker in list(self._idle):
            if not worker.alive or now - worker.used_at > idle_seconds:
                self._idle.remove(worker)
                self._end(worker)

    async def drain(self, timeout_seconds: float) -> None:
        """Let running invocations finish for a while, then end every worker."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._quiet.wait()
        self._closed = True
        while waiter := self._next_waiter():
            waiter.set_exception(CloudError("the load balancer is stopping"))
        for task in list(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for worker in list(self._workers):
            self._end(worker)
        await asyncio.gather(*self._stopping)

    def _take_idle(self) -> PooledWorker | None:
        while self._idle:
            worker = self._idle.pop()  # the last used is the warmest
            if worker.alive and not worker.expired:
                return worker
            self._end(worker)
        return None

    async def _wait_for_worker(self) -> PooledWorker:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[PooledWorker] = loop.create_future()
        self._waiting[waiter] = loop.time()
        self._grow()
        loop.call_later(self._patience, self._grow)
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                return await waiter
        except BaseException:
            # A worker may have been handed over in the very turn in which the wait ended.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._hand_out(waiter.result())
            raise
        finally:
            self._waiting.pop(waiter, None)

    @property
    def _size(self) -> int:
        return len(self._workers) + len(self._starting)

    @property
    def _patience(self) -> float:
        return GROW_TO_CORES_SECONDS if self._size < (os.cpu_count() or 1) else GROW_SECONDS

    def _grow(self) -> None:
        """Start a worker if somebody has waited for long, or if there is nothing to wait for."""
        waiting = [since for each, since in self._waiting.items() if not each.done()]
        if len(waiting) <= len(self._starting):
            return  # nobody, or a worker is on its way for each
        waited = asyncio.get_running_loop().time() - waiting[0]
        if self._size == 0 or waited >= self._patience * 0.99:
            self._start_worker()

    def _start_worker(self) -> None:
        full = self._size >= self._limit
        if self._closed or full or len(self._starting) >= STARTING_AT_ONCE:
            return
        task = asyncio.create_task(self._start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        try:
            worker = await self._spawn(self.function)
        except (InitError, CloudError, OSError) as error:
            if waiter := self._next_waiter():
                waiter.set_exception(error)  # whose request will be logged with it
            else:
                _log.warning("%s:%s: %s", self.function.name, self.function.version, error)
        else:
            self._workers.add(worker)
            self._hand_out(worker)
        finally:
            current = asyncio.current_task()
            if current is not None:
                self._starting.discard(current)
            self._grow()

    def _give_back(self, worker: PooledWorker) -> None:
        if self._closed or not worker.alive:
            self._end(worker)
            self._grow()
        else:
            self._hand_out(worker)

    def _hand_out(self, worker: PooledWorker) -> None:
        if waiter := self._next_waiter():
            waiter.set_result(worker)
        else:
            self._idle.append(worker)

    def _next_waiter(self) -> asyncio.Future[PooledWorker] | None:
        while self._waiting:
            waiter = next(iter(self._waiting))
            del self._waiting[waiter]
            if not waiter.done():
                return waiter
        return None

    def _end(self, worker: PooledWorker) -> None:
        self._workers.discard(worker)
        task = asyncio.create_task(worker.stop())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
