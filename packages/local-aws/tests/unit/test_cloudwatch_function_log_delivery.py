from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from local_aws.cloudwatch import function_log_delivery
from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery, LogEvent


class Store:
    """Records batches, or fails while it is ``away``."""

    def __init__(self) -> None:
        self.away = False
        self.batches: list[tuple[str, str, list[str]]] = []

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        if self.away:
            raise ConnectionError("away")
        self.batches.append((group, stream, [event.message for event in events]))


def run(scenario: Callable[[FunctionLogDelivery, Store], Awaitable[None]]) -> Store:
    store = Store()

    async def run() -> None:
        await scenario(FunctionLogDelivery(store, interval_seconds=60), store)

    asyncio.run(run())
    return store


def write(delivery: FunctionLogDelivery, *messages: str) -> None:
    for message in messages:
        delivery.write("g", "s", message)


def test_events_are_sent_by_stream_in_order() -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Store) -> None:
        for group, stream, message in (("g", "a", "1"), ("g", "b", "2"), ("g", "a", "3")):
            delivery.write(group, stream, message)
        assert await delivery.flush()

    assert run(scenario).batches == [("g", "a", ["1", "3"]), ("g", "b", ["2"])]


def test_events_wait_while_the_store_is_away_and_keep_their_order() -> None:
    async def scenario(delivery: FunctionLogDelivery, store: Store) -> None:
        store.away = True
        write(delivery, "1")
        assert not await delivery.flush()
        write(delivery, "2")
        store.away = False
        assert await delivery.flush()

    assert run(scenario).batches == [("g", "s", ["1", "2"])]


def test_events_beyond_the_buffer_are_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Store) -> None:
        write(delivery, *"01234")
        assert delivery.full
        delivery.drop(3)
        await delivery.flush()
        assert not delivery.full

    monkeypatch.setattr(function_log_delivery, "HELD_EVENTS", 3)
    assert run(scenario).batches == [("g", "s", ["0", "1", "2"])]
    assert [message.split(":")[0] for message in caplog.messages] == ["dropped 5 log events"]


def test_the_buffer_is_limited_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_log_delivery, "HELD_BYTES", 10)
    delivery = FunctionLogDelivery(Store())
    write(delivery, "0123456789")
    assert delivery.full


def test_events_beyond_a_burst_are_sent_at_the_limited_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario(delivery: FunctionLogDelivery, store: Store) -> None:
        write(delivery, *"01234")
        await delivery.flush()
        assert store.batches == [("g", "s", ["0", "1"])]
        monkeypatch.setattr(function_log_delivery, "EVENTS_PER_SECOND", 1e9)
        await delivery.flush()
        assert store.batches[1] == ("g", "s", ["2", "3"])

    monkeypatch.setattr(function_log_delivery, "BURST_EVENTS", 2)
    monkeypatch.setattr(function_log_delivery, "EVENTS_PER_SECOND", 0)
    run(scenario)


def test_one_delivery_has_a_limited_number_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Store) -> None:
        write(delivery, *"012")
        await delivery.flush()

    monkeypatch.setattr(function_log_delivery, "BATCH_EVENTS", 2)
    assert run(scenario).batches == [("g", "s", ["0", "1"])]


def test_a_batch_is_no_larger_than_put_log_events_allows() -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Store) -> None:
        write(delivery, *(letter * 262_000 for letter in "abcd"))
        assert await delivery.flush()

    assert [len(messages) for _, _, messages in run(scenario).batches] == [3, 1]


def test_closing_sends_the_rest() -> None:
    async def scenario(delivery: FunctionLogDelivery, _: Store) -> None:
        delivery.start()
        write(delivery, "last")
        await delivery.close()

    assert run(scenario).batches == [("g", "s", ["last"])]
