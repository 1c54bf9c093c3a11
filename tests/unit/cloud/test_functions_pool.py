from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from terrarium.cloud.functions import pool as module
from terrarium.cloud.functions.function import FunctionArn, FunctionVersion
from terrarium.cloud.functions.invocation import Invocation, NotDeliveredError
from terrarium.cloud.functions.outcome import Answered, Failed, Outcome, Reason
from terrarium.cloud.functions.pool import Pool
from terrarium.cloud.functions.worker import InitError

FUNCTION = FunctionVersion.from_answer(
    FunctionArn.parse("arn:aws:lambda:eu-west-1:111111111111:function:api"),
    {"Configuration": {"FunctionName": "api", "Version": "1"}},
)


class FakeWorker:
    """Answers with its number; ``gate`` holds its answers back."""

    def __init__(self, number: int, gate: asyncio.Event) -> None:
        self.number = number
        self.used_at = 0.0
        self.alive = True
        self.expired = False
        self.swallows = False
        self._gate = gate

    async def invoke(self, invocation: Invocation) -> Outcome:
        if self.swallows:
            self.alive = False
            raise NotDeliveredError
        await self._gate.wait()
        return Answered(str(self.number).encode())

    async def stop(self) -> None:
        self.alive = False


class Workers:
    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.started: list[FakeWorker] = []
        self.errors: list[Exception] = []

    async def spawn(self, function: FunctionVersion) -> FakeWorker:
        if self.errors:
            raise self.errors.pop(0)
        self.started.append(FakeWorker(len(self.started), self.gate))
        return self.started[-1]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def call(pool: Pool) -> asyncio.Task[Outcome]:
    return asyncio.create_task(pool.invoke("arn", b"{}", "Root=1"))


def test_one_after_another_uses_one_worker() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = Pool(FUNCTION, workers.spawn, 4)
        for _ in range(5):
            assert await call(pool) == Answered(b"0")
        assert len(workers.started) == 1

    run(scenario())


def test_a_worker_that_died_while_idle_swallows_nothing() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = Pool(FUNCTION, workers.spawn, 4)
        await call(pool)
        workers.started[0].alive = False
        assert await call(pool) == Answered(b"1")

    run(scenario())


def test_an_invocation_that_was_not_taken_goes_to_another_worker() -> None:
    async def scenario() -> None:
        workers = Workers()
        pool = Pool(FUNCTION, workers.spawn, 4)
        await call(pool)
        workers.started[0].swallows = True
        assert await call(pool) == Answered(b"1")

    run(scenario())


def test_workers_that_always_end_at_once_are_not_tried_for_ever() -> None:
    async def scenario() -> None:
        workers = Workers()

        async def spawn(function: FunctionVersion) -> FakeWorker:
            worker = await workers.spawn(function)
            worker.swallows = True
            return worker

        outcome = await call(Pool(FUNCTION, spawn, 4))
        assert isinstance(outcome, Failed)
        assert outcome.reason is Reason.UNHANDLED
        assert len(workers.started) == module.DELIVERIES

    run(scenario())


def test_a_slow_function_gets_more_workers_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROW_SECONDS", 0.001)
    monkeypatch.setattr(module, "GROW_TO_CORES_SECONDS", 0.001)

    async def scenario() -> None:
        workers = Workers()
        workers.gate.clear()
        pool = Pool(FUNCTION, workers.spawn, 3)
        calls = [call(pool) for _ in range(10)]
        async with asyncio.timeout(5):
            while len(workers.started) < 3:
                await asyncio.sleep(0.001)
        workers.gate.set()
        outcomes = await asyncio.gather(*calls)
        assert all(isinstance(each, Answered) for each in outcomes)
        assert len(workers.started) == 3

    run(scenario())


def test_who_waits_too_long_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_SECONDS", 0.01)

    async def scenario() -> None:
        workers = Workers()
        workers.gate.clear()
        pool = Pool(FUNCTION, workers.spawn, 1)
        first = call(pool)
        await asyncio.sleep(0)
        outcome = await call(pool)
        assert isinstance(outcome, Failed)
        assert outcome.reason is Reason.THROTTLING
        workers.gate.set()
        assert isinstance(await first, Answered)
        assert isinstance(await call(pool), Answered)

    run(scenario())


def test_a_function_that_does_not_initialise_fails_and_the_next_request_tries_again() -> None:
    async def scenario() -> None:
        workers = Workers()
        workers.errors.append(InitError("no module named x"))
        pool = Pool(FUNCTION, workers.spawn, 4)
        assert await call(pool) == Failed(Reason.UNHANDLED, "no module named x")
        assert await call(pool) == Answered(b"0")

    run(scenario())


def test_draining_waits_for_what_runs_and_ends_every_worker() -> None:
    async def scenario() -> None:
        workers = Workers()
        workers.gate.clear()
        pool = Pool(FUNCTION, workers.spawn, 4)
        running = call(pool)
        await asyncio.sleep(0)
        draining = asyncio.create_task(pool.drain(5))
        await asyncio.sleep(0)
        workers.gate.set()
        await draining
        assert isinstance(await running, Answered)
        assert not any(worker.alive for worker in workers.started)

    run(scenario())


def test_a_cancelled_request_does_not_leave_a_busy_worker_to_others() -> None:
    async def scenario() -> None:
        workers = Workers()
        workers.gate.clear()
        pool = Pool(FUNCTION, workers.spawn, 4)
        cancelled = call(pool)
        while not workers.started:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        workers.gate.set()
        assert await call(pool) == Answered(b"1")

    run(scenario())
