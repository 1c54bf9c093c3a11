from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from local_aws.cloudwatch import function_log_delivery as logs
from local_aws.cloudwatch.function_log_delivery import LogBatcher, LogEvent, LogStream
from local_aws.lambda_runtime.platform_log import PlatformLog, Report


class Store:
    def __init__(self) -> None:
        self.away = False
        self.batches: list[tuple[str, str, list[str]]] = []

    def put(self, group: str, stream: str, events: Sequence[LogEvent]) -> None:
        if self.away:
            raise ConnectionError("away")
        self.batches.append((group, stream, [event.message for event in events]))


def test_events_are_sent_by_stream_in_order() -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store)
        for group, stream, message in (("g", "a", "1"), ("g", "b", "2"), ("g", "a", "3")):
            LogStream(batcher, group, stream).write(message)
        assert await batcher.flush()

    store = Store()
    asyncio.run(run(store))
    assert store.batches == [("g", "a", ["1", "3"]), ("g", "b", ["2"])]


def test_events_wait_while_the_store_is_away_and_keep_their_order() -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store)
        store.away = True
        batcher.write("g", "s", "1")
        assert not await batcher.flush()
        batcher.write("g", "s", "2")
        store.away = False
        assert await batcher.flush()

    store = Store()
    asyncio.run(run(store))
    assert store.batches == [("g", "s", ["1", "2"])]


def test_only_so_many_events_wait_and_the_others_are_counted(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store)
        for number in range(5):
            batcher.write("g", "s", str(number))
        assert batcher.full
        batcher.drop(3)
        await batcher.flush()
        assert not batcher.full

    monkeypatch.setattr(logs, "HELD_EVENTS", 3)
    store = Store()
    asyncio.run(run(store))
    assert store.batches == [("g", "s", ["0", "1", "2"])]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "dropped 5 log events"
    ]


@pytest.mark.parametrize(("held", "intervals"), [(1, logs.PATIENCE), (2, 1)])
def test_while_it_is_full_there_are_fewer_deliveries(
    monkeypatch: pytest.MonkeyPatch, held: int, intervals: int
) -> None:
    slept: list[float] = []
    wait = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await wait(0)

    async def run(store: Store) -> None:
        batcher = LogBatcher(store, interval_seconds=2.0)
        batcher.write("g", "s", "1")
        batcher.start()
        while not store.batches:
            await wait(0)
        await batcher.close()

    monkeypatch.setattr(logs, "HELD_EVENTS", held)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(run(Store()))
    assert slept[:intervals] == [2.0] * intervals
    assert len(slept) <= intervals + 1  # the next one may have begun


def test_while_it_is_full_no_delivery_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store)
        for number in range(4):
            batcher.write("g", "s", str(number))
        await batcher.flush()
        await batcher.flush()  # not full any more

    monkeypatch.setattr(logs, "HELD_EVENTS", 4)
    monkeypatch.setattr(logs, "CROWDED_EVENTS", 1)
    store = Store()
    asyncio.run(run(store))
    assert store.batches == [("g", "s", ["0"]), ("g", "s", ["1", "2", "3"])]


def test_large_events_fill_it_as_many_small_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "HELD_BYTES", 10)
    batcher = LogBatcher(Store())
    batcher.write("g", "s", "0123456789")
    assert batcher.full


def test_more_than_a_burst_is_delivered_at_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store)
        for number in range(5):
            batcher.write("g", "s", str(number))
        await batcher.flush()
        assert store.batches == [("g", "s", ["0", "1"])]
        monkeypatch.setattr(logs, "EVENTS_PER_SECOND", 1e9)
        await batcher.flush()
        assert store.batches[1] == ("g", "s", ["2", "3"])

    monkeypatch.setattr(logs, "BURST_EVENTS", 2)
    monkeypatch.setattr(logs, "EVENTS_PER_SECOND", 0)
    asyncio.run(run(Store()))


def test_a_batch_is_no_larger_than_the_store_takes() -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store)
        for letter in "abcd":
            batcher.write("g", "s", letter * 262_000)
        assert await batcher.flush()

    store = Store()
    asyncio.run(run(store))
    assert [len(messages) for _, _, messages in store.batches] == [3, 1]


def test_closing_delivers_what_is_left() -> None:
    async def run(store: Store) -> None:
        batcher = LogBatcher(store, interval_seconds=60)
        batcher.start()
        batcher.write("g", "s", "last")
        await batcher.close()

    store = Store()
    asyncio.run(run(store))
    assert store.batches == [("g", "s", ["last"])]


REPORT = Report("id-1", 12.345, 128, 40, 25.0, "success")


def test_a_report_in_text_is_what_lambda_writes() -> None:
    assert PlatformLog("Text", "3").report(REPORT) == (
        "REPORT RequestId: id-1\tDuration: 12.35 ms\tBilled Duration: 38 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 25.00 ms\t\n"
    )


def test_a_report_in_json_is_a_platform_event() -> None:
    event = json.loads(PlatformLog("JSON", "3").report(REPORT) or "")
    assert event["type"] == "platform.report"
    assert event["record"]["metrics"]["billedDurationMs"] == 38
    assert event["record"]["status"] == "success"


def test_what_lambda_itself_ended_is_named_in_the_report() -> None:
    crashed = replace(REPORT, status="error", error_type="Runtime.ExitError")
    text = PlatformLog("Text", "3").report(crashed) or ""
    assert text.endswith("\tStatus: error\tError Type: Runtime.ExitError\t\n")
    event = json.loads(PlatformLog("JSON", "3").report(crashed) or "")
    assert event["record"]["errorType"] == "Runtime.ExitError"


def test_a_worker_begins_with_the_version_of_its_runtime() -> None:
    line = PlatformLog("Text", "3").init_start("api", "python3.13", "eu-west-1") or ""
    version, arn = line.rstrip("\n").split("\t")
    assert version == "INIT_START Runtime Version: python:3.13.v0"
    assert re.fullmatch(r"Runtime Version ARN: arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}", arn)
    event = json.loads(PlatformLog("JSON", "3").init_start("api", "python3.13", "eu-west-1") or "")
    assert event["type"] == "platform.initStart"
    assert event["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": "python:3.13.v0",
        "runtimeVersionArn": arn.removeprefix("Runtime Version ARN: "),
        "functionName": "api",
        "functionVersion": "3",
    }


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("INFO", ["initStart", "start", "report"]),
        (None, ["initStart", "start", "report"]),
        ("WARN", []),
    ],
)
def test_of_what_goes_well_json_says_as_much_as_its_level_wants(
    level: str | None, kinds: list[str]
) -> None:
    lines = PlatformLog("JSON", "3", level)
    written = [
        lines.init_start("api", "python3.13", "eu-west-1"),
        lines.init_runtime_done(),
        lines.init_report(25.0),
        lines.start("id-1"),
        lines.runtime_done(REPORT, 20),
        lines.report(REPORT),
    ]
    events = [json.loads(line) for line in written if line is not None]
    assert [event["type"] for event in events] == [f"platform.{kind}" for kind in kinds]


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN"])
def test_what_goes_wrong_is_said_at_every_level(level: str) -> None:
    lines = PlatformLog("JSON", "3", level)
    failed = replace(REPORT, status="error", error_type="Runtime.ExitError")
    kind = "Runtime.ImportModuleError"
    done = json.loads(lines.runtime_done(failed, 20) or "")
    assert done["record"] == {
        "requestId": "id-1",
        "status": "error",
        "errorType": "Runtime.ExitError",
        "metrics": {"durationMs": 12.345, "producedBytes": 20},
    }
    initialised = json.loads(lines.init_runtime_done("error", kind) or "")
    assert initialised["record"]["errorType"] == kind
    assert lines.init_report(12.3, "error", kind)
    assert lines.report(failed)


def test_in_text_nothing_is_said_of_a_runtime_that_did_what_it_should() -> None:
    lines = PlatformLog("Text", "3", "DEBUG")
    written = (lines.init_runtime_done(), lines.init_report(25.0), lines.runtime_done(REPORT, 20))
    assert written == (None, None, None)


def test_a_function_that_did_not_initialise_has_its_own_report() -> None:
    kind = "Runtime.ImportModuleError"
    assert PlatformLog("Text", "3").init_report(12.345, "error", kind) == (
        f"INIT_REPORT Init Duration: 12.35 ms\tPhase: init\tStatus: error\tError Type: {kind}\t\n"
    )
    event = json.loads(PlatformLog("JSON", "3", "WARN").init_report(12.345, "timeout") or "")
    assert event["type"] == "platform.initReport"
    assert event["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "timeout",
        "metrics": {"durationMs": 12.345},
    }


def test_only_text_has_lines_of_its_own_for_what_lambda_ended() -> None:
    text, as_json = PlatformLog("Text", "3"), PlatformLog("JSON", "3")
    assert text.exited("id-1", "Runtime exited with error: exit status 3") == (
        "RequestId: id-1 Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n"
    )
    assert (text.timed_out("id-1", "Task timed out") or "").endswith(" id-1 Task timed out\n")
    assert (as_json.exited("id-1", "x"), as_json.timed_out("id-1", "x")) == (None, None)


def test_a_start_names_the_version() -> None:
    assert PlatformLog("Text", "3").start("id-1") == "START RequestId: id-1 Version: 3\n"


@pytest.mark.parametrize("level", [None, "DEBUG", "INFO"])
def test_json_says_that_an_invocation_starts_unless_only_warnings_are_wanted(
    level: str | None,
) -> None:
    event = json.loads(PlatformLog("JSON", "3", level).start("id-1") or "")
    assert (event["type"], event["record"]) == (
        "platform.start",
        {"requestId": "id-1", "version": "3"},
    )


def test_of_what_went_well_a_level_of_warnings_leaves_out_everything() -> None:
    lines = PlatformLog("JSON", "3", "WARN")
    assert (lines.start("id-1"), lines.report(REPORT)) == (None, None)
    failed = json.loads(lines.report(replace(REPORT, status="timeout")) or "")
    assert failed["record"]["status"] == "timeout"


def test_text_knows_no_levels() -> None:
    lines = PlatformLog("Text", "3", "WARN")
    assert lines.start("id-1") is not None
    assert lines.report(REPORT) is not None
