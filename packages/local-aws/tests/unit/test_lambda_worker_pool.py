from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from typing import Any

from local_aws.errors import CloudError
from local_aws.lambda_runtime import worker_pool as module
from local_aws.lambda_runtime.deployment_package import InvalidZipError
from local_aws.lambda_runtime.function_version import FunctionArn, FunctionVersion
from local_aws.lambda_runtime.invocation import (
    Answered,
    Failed,
    InitError,
    Invocation,
    Outcome,
    Reason,
)
from local_aws.lambda_runtime.worker_pool import WorkerPool

FUNCTION = FunctionVersion.from_answer(
    FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:api"),
    {"Configuration": {"FunctionName": "api", "Version": "1"}},
)


class FakeWorker:
    """Answers with its number: at once, or what it holds when it is told to."""

    def __init__(self, number: int, owner: WorkerPool, held: bool) -> None:
        self.number = number
        self.alive = True
        self.used_at = 0.0
        self.usable_until = math.inf
        self.swallows = False
        self.held = held
        self.running: Invocation | None = None
        self._owner = owner

    def run(self, invocation: Invocation) -> None:
        invocation.deliveries += 1
        if self.swallows:
            self.alive = False
            self._owner.lost(self, invocation)
            return
        self.running = invocation
        if not self.held:
            self.answer()

    def answer(self) -> None:
        invocation, self.running = self.running, None
        assert invocation is not None
        invocation.finish(Answered(str(self.number).encode()))
        self._owner.freed(self)

    def check(self, now: float) -> None:
        """Nothing of this worker's ever takes too long."""

    async def stop(self) -> None:
        self.alive = False
        invocation, self.running = self.running, None
        if invocation is not None:
            invocation.finish(Failed(Reason.UNHANDLED, "stopped"))


class Workers:
    def __init__(self, *, held: bool = False, swallow: bool = False) -> None:
        self.held = held
        self.swallow = swallow
        self.started: list[FakeWorker] = []
        self.errors: list[Exception] = []

    async def spawn(self, function: FunctionVersion, owner: WorkerPool) -> FakeWorker:
        if self.errors:
            raise self.errors.pop(0)
        worker = FakeWorker(len(self.started), owner, self.held)
        worker.swallows = self.swallow
        self.started.append(worker)
        return worker

    async def first(self) -> FakeWorker:
        """The first worker, once it runs something."""
        while not self.started or self.started[0].running is None:
            await asyncio.sleep(0)
        return self.started[0]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def call(pool: WorkerPool) -> asyncio.Future[Outcome]:
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    pool.submit(Invocation("id", "arn", b"{}", "Root=1", outcome.set_result, time.monotonic()))
    return outcome


def test_one_after_another_uses_one_worker() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        for _ in range(5):
            assert await call(pool) == Answered(b"0")
        assert len(workers.started) == 1

    run(scenario())


def test_a_worker_that_died_while_idle_swallows_nothing() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        await call(pool)
        workers.started[0].alive = False
        assert await call(pool) == Answered(b"1")

    run(scenario())


def test_an_invocation_that_was_not_taken_goes_to_another_worker() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        await call(pool)
        workers.started[0].swallows = True
        assert await call(pool) == Answered(b"1")

    run(scenario())


def test_workers_that_always_end_at_once_are_not_tried_for_ever() -> None:
    async def scenario() -> None:
        workers = Workers(swallow=True)

        outcome = await call(WorkerPool(FUNCTION, workers.spawn, 4))
        assert isinstance(outcome, Failed)
        assert outcome.reason is Reason.UNHANDLED
        assert len(workers.started) == module.DELIVERIES

    run(scenario())


def test_a_slow_function_gets_more_workers_up_to_the_limit() -> None:
    async def scenario() -> None:
        workers = Workers(held=True)
        pool = WorkerPool(FUNCTION, workers.spawn, 3)
        calls = [call(pool) for _ in range(10)]
        for _ in range(10):  # as patience runs out again and again
            await asyncio.sleep(0)
            pool.sweep(time.monotonic() + module.GROW_SECONDS)
        assert len(workers.started) == 3
        while not all(each.done() for each in calls):
            for worker in workers.started:
                if worker.running is not None:
                    worker.answer()
        assert all(isinstance(each.result(), Answered) for each in calls)

    run(scenario())


def test_who_waits_too_long_is_throttled() -> None:
    async def scenario() -> None:
        workers = Workers(held=True)
        pool = WorkerPool(FUNCTION, workers.spawn, 1)
        first = call(pool)
        worker = await workers.first()
        second = call(pool)
        pool.sweep(time.monotonic() + module.QUEUE_SECONDS + 1)
        outcome = second.result()
        assert isinstance(outcome, Failed)
        assert outcome.reason is Reason.THROTTLING
        worker.answer()
        assert isinstance(first.result(), Answered)

    run(scenario())


def test_a_function_that_does_not_initialise_fails_and_the_next_request_tries_again() -> None:
    async def scenario() -> None:
        workers = Workers()
        workers.errors.append(InitError("no module named x"))
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        assert await call(pool) == Failed(Reason.UNHANDLED, "no module named x")
        assert await call(pool) == Answered(b"0")

    run(scenario())


def test_a_package_that_cannot_be_unpacked_is_the_users_mistake_and_no_other_is() -> None:
    async def scenario() -> None:
        workers = Workers()
        workers.errors += [InvalidZipError("no zip"), CloudError("no role")]
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        assert await call(pool) == Failed(Reason.INVALID_ZIP, "no zip")
        assert await call(pool) == Failed(Reason.SERVICE, "no role")

    run(scenario())


def test_draining_waits_for_what_runs_and_ends_every_worker() -> None:
    async def scenario() -> None:
        workers = Workers(held=True)
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        running = call(pool)
        worker = await workers.first()
        draining = asyncio.create_task(pool.drain(60))
        await asyncio.sleep(0)
        assert not draining.done()
        worker.answer()
        await draining
        assert isinstance(running.result(), Answered)
        assert not worker.alive

    run(scenario())


def test_what_does_not_end_in_time_is_ended_with_its_worker() -> None:
    async def scenario() -> None:
        workers = Workers(held=True)
        pool = WorkerPool(FUNCTION, workers.spawn, 1)
        running, waiting = call(pool), call(pool)
        await workers.first()
        await pool.drain(0)
        assert isinstance(running.result(), Failed)
        assert isinstance(waiting.result(), Failed)
        assert isinstance(await call(pool), Failed)

    run(scenario())


def test_a_worker_whose_credentials_run_out_is_replaced_even_under_load() -> None:
    async def scenario() -> None:
        workers = Workers(held=True)
        pool = WorkerPool(FUNCTION, workers.spawn, 1)
        call(pool)
        second = call(pool)
        worker = await workers.first()
        worker.usable_until = 0.0
        workers.held = False
        worker.answer()
        assert await second == Answered(b"1")
        assert not worker.alive

    run(scenario())


def test_unused_workers_end() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = WorkerPool(FUNCTION, workers.spawn, 4)
        await call(pool)
        pool.retire_idle(idle_seconds=0)
        await asyncio.sleep(0)
        assert not workers.started[0].alive
        assert await call(pool) == Answered(b"1")

    run(scenario())
