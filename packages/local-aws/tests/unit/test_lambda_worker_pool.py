from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

import pytest
from local_aws.errors import CloudError
from local_aws.lambda_runtime import worker_pool
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
    """Answers with its number: immediately, or in ``answer`` if it is ``slow``.

    A worker that is ``dying`` ends before it reads its invocation.
    """

    def __init__(self, number: int, owner: WorkerPool, *, slow: bool, dying: bool) -> None:
        self.alive = True
        self.used_at = 0.0
        self.usable_until = math.inf
        self.slow = slow
        self.dying = dying
        self.running: Invocation | None = None
        self._number = number
        self._owner = owner

    def run(self, invocation: Invocation) -> None:
        invocation.deliveries += 1
        if self.dying:
            self.alive = False
            self._owner.lost(self, invocation)
            return
        self.running = invocation
        if not self.slow:
            self.answer()

    def answer(self) -> None:
        invocation, self.running = self.running, None
        assert invocation is not None
        invocation.finish(Answered(str(self._number).encode()))
        self._owner.freed(self)

    def check(self, now: float) -> None:
        pass

    async def stop(self) -> None:
        self.alive = False
        invocation, self.running = self.running, None
        if invocation is not None:
            invocation.finish(Failed(Reason.UNHANDLED, "stopped"))


class Workers:
    """Starts fake workers, or raises ``errors``, one after the other."""

    def __init__(self, *, slow: bool = False, dying: bool = False) -> None:
        self.slow = slow
        self.dying = dying
        self.started: list[FakeWorker] = []
        self.errors: list[Exception] = []

    async def spawn(self, function: FunctionVersion, owner: WorkerPool) -> FakeWorker:
        if self.errors:
            raise self.errors.pop(0)
        worker = FakeWorker(len(self.started), owner, slow=self.slow, dying=self.dying)
        self.started.append(worker)
        return worker

    async def first(self) -> FakeWorker:
        """Return the first worker when it runs an invocation."""
        while not self.started or self.started[0].running is None:
            await asyncio.sleep(0)
        return self.started[0]


def run(
    scenario: Callable[[Workers, WorkerPool], Awaitable[None]],
    *,
    limit: int = 4,
    slow: bool = False,
    dying: bool = False,
) -> None:
    async def run() -> None:
        workers = Workers(slow=slow, dying=dying)
        await scenario(workers, WorkerPool(FUNCTION, workers.spawn, limit))

    asyncio.run(run())


def call(pool: WorkerPool) -> asyncio.Future[Outcome]:
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    pool.submit(Invocation("id", "arn", b"{}", "Root=1", outcome.set_result, time.monotonic()))
    return outcome


def test_sequential_invocations_use_one_worker() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        for _ in range(5):
            assert await call(pool) == Answered(b"0")
        assert len(workers.started) == 1

    run(scenario)


def test_a_worker_that_died_while_idle_gets_no_invocation() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        await call(pool)
        workers.started[0].alive = False
        assert await call(pool) == Answered(b"1")

    run(scenario)


def test_an_unread_invocation_goes_to_another_worker() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        await call(pool)
        workers.started[0].dying = True
        assert await call(pool) == Answered(b"1")

    run(scenario)


def test_an_invocation_fails_after_several_workers_that_died() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        outcome = await call(pool)
        assert isinstance(outcome, Failed)
        assert outcome.reason is Reason.UNHANDLED
        assert len(workers.started) == worker_pool.DELIVERIES

    run(scenario, dying=True)


def test_a_slow_function_gets_more_workers_up_to_the_limit() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        calls = [call(pool) for _ in range(10)]
        for _ in range(10):
            await asyncio.sleep(0)
            pool.sweep(time.monotonic() + worker_pool.GROW_SECONDS)
        assert len(workers.started) == 3
        while not all(each.done() for each in calls):
            for worker in workers.started:
                if worker.running is not None:
                    worker.answer()
        assert all(isinstance(each.result(), Answered) for each in calls)

    run(scenario, limit=3, slow=True)


def test_an_invocation_that_waits_too_long_is_throttled() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        first = call(pool)
        worker = await workers.first()
        second = call(pool)
        pool.sweep(time.monotonic() + worker_pool.QUEUE_SECONDS + 1)
        outcome = second.result()
        assert isinstance(outcome, Failed)
        assert outcome.reason is Reason.THROTTLING
        worker.answer()
        assert isinstance(first.result(), Answered)

    run(scenario, limit=1, slow=True)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InitError("no module named x"), Reason.UNHANDLED),
        (InvalidZipError("no zip"), Reason.INVALID_ZIP),
        (CloudError("no role"), Reason.SERVICE),
    ],
)
def test_a_failed_start_is_the_outcome_and_the_next_invocation_tries_again(
    error: Exception, reason: Reason
) -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        workers.errors.append(error)
        assert await call(pool) == Failed(reason, str(error))
        assert await call(pool) == Answered(b"0")

    run(scenario)


def test_draining_waits_for_running_invocations_and_ends_every_worker() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        running = call(pool)
        worker = await workers.first()
        draining = asyncio.create_task(pool.drain(60))
        await asyncio.sleep(0)
        assert not draining.done()
        worker.answer()
        await draining
        assert isinstance(running.result(), Answered)
        assert not worker.alive

    run(scenario, slow=True)


def test_invocations_that_exceed_the_time_to_drain_fail() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        running, waiting = call(pool), call(pool)
        await workers.first()
        await pool.drain(0)
        assert isinstance(running.result(), Failed)
        assert isinstance(waiting.result(), Failed)
        assert isinstance(await call(pool), Failed)

    run(scenario, limit=1, slow=True)


def test_a_worker_with_expired_credentials_is_replaced_under_load() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        call(pool)
        second = call(pool)
        worker = await workers.first()
        worker.usable_until = 0.0
        workers.slow = False
        worker.answer()
        assert await second == Answered(b"1")
        assert not worker.alive

    run(scenario, limit=1, slow=True)


def test_idle_workers_end() -> None:
    async def scenario(workers: Workers, pool: WorkerPool) -> None:
        await call(pool)
        pool.retire_idle(idle_seconds=0)
        await asyncio.sleep(0)
        assert not workers.started[0].alive
        assert await call(pool) == Answered(b"1")

    run(scenario)
