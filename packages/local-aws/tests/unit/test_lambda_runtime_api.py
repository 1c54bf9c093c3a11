"""Frames between RuntimeApi and the RuntimeClient of a worker, both in this process."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop
from local_aws.lambda_runtime import bootstrap
from local_aws.lambda_runtime.bootstrap import RESULT, RuntimeClient
from local_aws.lambda_runtime.invocation import Answered, Failed, Invocation, Outcome, Reason
from local_aws.lambda_runtime.runtime_api import RuntimeApi


class Events:
    """Records the events of the runtime client, in order."""

    def __init__(self) -> None:
        self._events: list[str | Outcome] = []
        self._changed = asyncio.Event()

    def initialised(self, failed: Failed | None) -> None:
        self._add(failed or "ready")

    def finished(self, outcome: Outcome) -> None:
        self._add(outcome)

    def disconnected(self) -> None:
        self._add("disconnected")

    async def first(self, count: int) -> list[str | Outcome]:
        async with asyncio.timeout(10):
            while len(self._events) < count:
                self._changed.clear()
                await self._changed.wait()
        return self._events

    def _add(self, event: str | Outcome) -> None:
        self._events.append(event)
        self._changed.set()


Scenario = Callable[[RuntimeApi, Events, socket.socket], Awaitable[None]]
Run = Callable[[Scenario], None]


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a scenario; either event loop must report what the kernel says of the socket."""

    def run(scenario: Scenario) -> None:
        async def connected() -> None:
            events = Events()
            api = RuntimeApi(events)
            connection, worker_connection = socket.socketpair()
            connection.setblocking(False)
            await api.open(connection)
            with worker_connection:
                await scenario(api, events, worker_connection)
            api.close()
            await asyncio.sleep(0)

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(connected())

    return run


def invocation(payload: bytes = b"{}") -> Invocation:
    return Invocation("r" * 36, "arn:function", payload, "Root=1", lambda _: None, 0.0)


def test_an_invocation_arrives_with_the_headers_of_the_runtime_api(run: Run) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        client = RuntimeClient(worker.fileno())
        api.send(invocation(b'{"a": 1}'), timeout_seconds=3)
        event, headers = await asyncio.to_thread(client.next)
        assert event == b'{"a": 1}'
        assert headers["Lambda-Runtime-Aws-Request-Id"] == "r" * 36
        assert headers["Lambda-Runtime-Invoked-Function-Arn"] == "arn:function"
        assert headers["Lambda-Runtime-Trace-Id"] == "Root=1"
        assert isinstance(headers["Lambda-Runtime-Deadline-Ms"], int)
        assert await events.first(1) == ["ready"]

    run(scenario)


@pytest.mark.parametrize("size", [0, 1, 65_000, 70_000, 1_000_000])
def test_events_and_responses_of_any_size_arrive(run: Run, size: int) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        client = RuntimeClient(worker.fileno())
        api.send(invocation(b"x" * size), timeout_seconds=3)
        event, _ = await asyncio.to_thread(client.next)
        await asyncio.to_thread(client.post_invocation_result, "id", event)
        assert await events.first(2) == ["ready", Answered(b"x" * size)]

    run(scenario)


def test_frames_that_arrive_in_pieces_or_together_are_separated(run: Run) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        frame = RESULT.pack(bootstrap.RESPONSE, 3) + b"abc"
        for piece in (frame[:2], frame[2:6], frame[6:] + frame + frame[:7]):
            worker.sendall(piece)
            await asyncio.sleep(0.001)
        worker.sendall(frame[7:])
        assert await events.first(3) == [Answered(b"abc")] * 3

    run(scenario)


def test_each_failure_has_its_reason(run: Run) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        client = RuntimeClient(worker.fileno())
        error = json.dumps({"errorType": "ValueError", "errorMessage": "no"})
        client.post_error("id", error, "{}")
        client.post_invocation_result("id", b"x" * (bootstrap.RESPONSE_BYTES + 1))
        client.send(bootstrap.INIT_ERROR, error.encode())
        failed, large, init = await events.first(3)
        assert failed == Failed(Reason.UNHANDLED, "ValueError: no")
        assert isinstance(large, Failed)
        assert large.reason is Reason.RESPONSE_TOO_LARGE
        assert init == failed
        assert isinstance(init, Failed)
        assert json.loads(init.payload) == json.loads(error)

    run(scenario)


def test_a_frame_longer_than_a_response_closes_the_connection(run: Run) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        worker.sendall(RESULT.pack(bootstrap.RESPONSE, 2**32 - 1))
        assert await events.first(1) == ["disconnected"]

    run(scenario)


@pytest.mark.parametrize(("size", "read"), [(2, 0), (1_000_000, 100_000)])
def test_a_worker_that_dies_before_it_read_the_whole_event_has_not_read_it(
    run: Run, size: int, read: int
) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        api.send(invocation(b"x" * size), timeout_seconds=3)
        await asyncio.to_thread(worker.recv, read, socket.MSG_WAITALL)
        worker.close()
        await events.first(1)
        assert not api.all_read

    run(scenario)


def test_a_worker_that_dies_after_it_read_the_event_has_read_it(run: Run) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        api.send(invocation(), timeout_seconds=3)
        await asyncio.to_thread(RuntimeClient(worker.fileno()).next)
        worker.close()
        await events.first(2)
        assert api.all_read

    run(scenario)


def test_an_event_sent_to_a_dead_worker_was_not_read(run: Run) -> None:
    async def scenario(api: RuntimeApi, events: Events, worker: socket.socket) -> None:
        worker.close()
        api.send(invocation(), timeout_seconds=3)  # before the event loop knows
        await events.first(1)
        assert not api.all_read
        api.send(invocation(), timeout_seconds=3)  # and after
        assert not api.all_read

    run(scenario)
