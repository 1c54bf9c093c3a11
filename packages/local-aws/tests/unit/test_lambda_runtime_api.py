"""Frames between a pool and its worker, whose end is played here."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop
from local_aws.lambda_runtime import bootstrap
from local_aws.lambda_runtime.bootstrap import RESULT, Transport
from local_aws.lambda_runtime.invocation import Invocation
from local_aws.lambda_runtime.outcome import Answered, Failed, Outcome, Reason
from local_aws.lambda_runtime.runtime_api import RuntimeApi


class Heard:
    """Everything that the worker says, in order."""

    def __init__(self) -> None:
        self.words: list[str | Outcome] = []

    def initialised(self, failed: Failed | None) -> None:
        self.words.append(failed or "ready")

    def finished(self, outcome: Outcome) -> None:
        self.words.append(outcome)

    def hung_up(self) -> None:
        self.words.append("hung up")

    async def up_to(self, count: int) -> list[str | Outcome]:
        async with asyncio.timeout(5):
            while len(self.words) < count:
                await asyncio.sleep(0.001)
        return self.words


Scenario = Callable[[RuntimeApi, Heard, socket.socket], Awaitable[None]]


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Runs a scenario with both ends: what the kernel says must be heard on either loop."""

    def run(scenario: Scenario) -> None:
        async def connected() -> None:
            heard = Heard()
            api = RuntimeApi(heard)
            ours, its = socket.socketpair()
            ours.setblocking(False)
            await api.open(ours)
            with its:
                await scenario(api, heard, its)
            api.close()
            await asyncio.sleep(0)

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(connected())

    return run


def invocation(payload: bytes = b"{}") -> Invocation:
    return Invocation("r" * 36, "arn:function", payload, "Root=1", lambda _: None, 0.0)


def test_an_invocation_arrives_with_all_that_the_client_wants_to_know(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        transport = Transport(its.fileno(), os.getppid())
        api.send(invocation(b'{"a": 1}'), timeout_seconds=3)
        event, headers = await asyncio.to_thread(transport.next)
        assert event == b'{"a": 1}'
        assert headers["Lambda-Runtime-Aws-Request-Id"] == "r" * 36
        assert headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:function"
        assert headers["Lambda-Runtime-Trace-Id"] == "Root=1"
        assert isinstance(headers["Lambda-Runtime-Deadline-Ms"], int)
        assert await heard.up_to(1) == ["ready"]

    run(scenario)


@pytest.mark.parametrize("size", [0, 1, 65_000, 70_000, 1_000_000])
def test_events_and_answers_of_any_size_arrive(run: Callable[[Scenario], None], size: int) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        transport = Transport(its.fileno(), os.getppid())
        api.send(invocation(b"x" * size), timeout_seconds=3)
        event, _ = await asyncio.to_thread(transport.next)
        await asyncio.to_thread(transport.post_invocation_result, "id", event)
        assert await heard.up_to(2) == ["ready", Answered(b"x" * size)]

    run(scenario)


def test_answers_that_come_in_pieces_or_together_are_told_apart(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        frame = RESULT.pack(bootstrap.RESPONSE, 3) + b"abc"
        for piece in (frame[:2], frame[2:6], frame[6:] + frame + frame[:7]):
            its.sendall(piece)
            await asyncio.sleep(0.001)
        its.sendall(frame[7:])
        assert await heard.up_to(3) == [Answered(b"abc")] * 3

    run(scenario)


def test_each_way_to_fail_has_its_reason(run: Callable[[Scenario], None]) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        transport = Transport(its.fileno(), os.getppid())
        error = json.dumps({"errorType": "ValueError", "errorMessage": "no"})
        transport.post_error("id", error, "{}")
        transport.post_invocation_result("id", b"x" * (bootstrap.ANSWER_BYTES + 1))
        transport.send(bootstrap.INIT_ERROR, error.encode())
        failed, large, init = await heard.up_to(3)
        assert failed == Failed(Reason.UNHANDLED, "ValueError: no")
        assert isinstance(large, Failed)
        assert large.reason is Reason.RESPONSE_TOO_LARGE
        assert init == failed
        assert isinstance(init, Failed)
        assert json.loads(init.payload) == json.loads(error)

    run(scenario)


def test_a_frame_that_no_worker_would_send_ends_the_connection(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        its.sendall(RESULT.pack(bootstrap.RESPONSE, 2**32 - 1))
        assert await heard.up_to(1) == ["hung up"]

    run(scenario)


def test_a_worker_that_dies_before_it_reads_has_taken_nothing(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        api.send(invocation(), timeout_seconds=3)
        await asyncio.sleep(0.01)
        its.close()
        await heard.up_to(1)
        assert not api.took_all

    run(scenario)


def test_a_worker_that_dies_halfway_through_a_large_event_has_not_taken_it(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        api.send(invocation(b"x" * 1_000_000), timeout_seconds=3)
        await asyncio.to_thread(its.recv, 100_000, socket.MSG_WAITALL)
        its.close()
        await heard.up_to(1)
        assert not api.took_all

    run(scenario)


def test_a_worker_that_dies_after_it_has_read_has_taken_it(run: Callable[[Scenario], None]) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        api.send(invocation(), timeout_seconds=3)
        await asyncio.to_thread(Transport(its.fileno(), os.getppid()).next)
        its.close()
        await heard.up_to(2)
        assert api.took_all

    run(scenario)


def test_what_is_sent_to_a_worker_that_has_just_died_was_not_taken(
    run: Callable[[Scenario], None],
) -> None:
    async def scenario(api: RuntimeApi, heard: Heard, its: socket.socket) -> None:
        its.close()
        api.send(invocation(), timeout_seconds=3)  # the loop has not heard of it yet
        await heard.up_to(1)
        assert not api.took_all
        api.send(invocation(), timeout_seconds=3)  # and now it has
        assert not api.took_all

    run(scenario)
