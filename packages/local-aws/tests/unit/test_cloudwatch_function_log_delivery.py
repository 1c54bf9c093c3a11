from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from local_aws.cloudwatch import function_log_delivery
from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery


class Client:
    """A CloudWatch Logs client that records batches, or fails while it is ``away``."""

    def __init__(self) -> None:
        self.away = False
        self.batches: list[tuple[str, str, list[str]]] = []

    def put_log_events(self, **request: Any) -> None:
        if self.away:
            raise ConnectionError("away")
        messages = [event["message"] for event in request["logEvents"]]
        self.batches.append((request["logGroupName"], request["logStreamName"], messages))


def run(scenario: Callable[[FunctionLogDelivery, Client], Awaitable[None]]) -> Client:
    client: Any = Client()

    async def run() -> None:
        await scenario(FunctionLogDelivery(lambda: client, lambda *_: client), client)

    asyncio.run(run())
    found: Client = client
    return found


def write(delivery: FunctionLogDelivery, *messages: str) -> None:
    for message in messages:
        delivery.write("g", "s", message)


def test_events_are_sent_by_stream_in_order() -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Client) -> None:
        for group, stream, message in (("g", "a", "1"), ("g", "b", "2"), ("g", "a", "3")):
            delivery.write(group, stream, message)
        await delivery.deliver(0)

    assert run(scenario).batches == [("g", "a", ["1", "3"]), ("g", "b", ["2"])]


def test_events_wait_while_cloudwatch_logs_is_away_and_keep_their_order() -> None:
    async def scenario(delivery: FunctionLogDelivery, client: Client) -> None:
        client.away = True
        write(delivery, "1")
        await delivery.deliver(0)
        write(delivery, "2")
        client.away = False
        await delivery.deliver(0)

    assert run(scenario).batches == [("g", "s", ["1", "2"])]


@pytest.mark.parametrize("limit", ["HELD_EVENTS", "HELD_BYTES"])
def test_events_beyond_the_buffer_are_dropped_and_counted(
    limit: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Client) -> None:
        write(delivery, *"01234")
        assert delivery.full
        delivery.drop(3)
        await delivery.deliver(0)
        assert not delivery.full

    monkeypatch.setattr(function_log_delivery, limit, 3)
    assert run(scenario).batches == [("g", "s", ["0", "1", "2"])]
    assert [message.split(":")[0] for message in caplog.messages] == ["dropped 5 log events"]


def test_events_beyond_a_burst_are_sent_at_the_limited_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(delivery: FunctionLogDelivery, client: Client) -> None:
        write(delivery, *"01234")
        await delivery.deliver(0)
        assert client.batches == [("g", "s", ["0", "1"])]
        monkeypatch.setattr(function_log_delivery, "EVENTS_PER_SECOND", 1e9)
        await delivery.deliver(0)
        assert client.batches[1] == ("g", "s", ["2", "3"])

    monkeypatch.setattr(function_log_delivery, "BURST_EVENTS", 2)
    monkeypatch.setattr(function_log_delivery, "EVENTS_PER_SECOND", 0)
    run(scenario)


def test_one_delivery_has_a_limited_number_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Client) -> None:
        write(delivery, *"012")
        await delivery.deliver(0)

    monkeypatch.setattr(function_log_delivery, "BATCH_EVENTS", 2)
    assert run(scenario).batches == [("g", "s", ["0", "1"])]


def test_a_batch_is_no_larger_than_put_log_events_allows() -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Client) -> None:
        write(delivery, *(letter * 262_000 for letter in "abcd"))
        await delivery.deliver(0)

    assert [len(messages) for _, _, messages in run(scenario).batches] == [3, 1]


def test_closing_sends_the_rest() -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Client) -> None:
        delivery.start()
        write(delivery, "last")
        await delivery.close()

    assert run(scenario).batches == [("g", "s", ["last"])]
