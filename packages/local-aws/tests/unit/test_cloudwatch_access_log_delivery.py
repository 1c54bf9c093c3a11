from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest
import uvloop
from local_aws.cloudwatch import access_log_delivery
from local_aws.cloudwatch.access_log_delivery import AccessLogDelivery, LogName, LogType
from local_aws.load_balancer.configuration import LogDestination
from local_aws_tests.completed_requests import ACCOUNT, BALANCER

END = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("prefix", "log_type", "key"),
    [
        ("", LogType.ACCESS, "AWSLogs/{0}/elasticloadbalancing/eu-west-1/2026/11/24/{0}"),
        (
            "a/b",
            LogType.CONNECTION,
            "a/b/AWSLogs/{0}/elasticloadbalancing/eu-west-1/2026/11/24/conn_log.{0}",
        ),
    ],
)
def test_a_file_is_named_as_on_aws(prefix: str, log_type: LogType, key: str) -> None:
    name = LogName(BALANCER, log_type, LogDestination("logs", prefix))
    assert name.key(END, END, "20sg8hgm") == (
        key.format(ACCOUNT) + "_elasticloadbalancing_eu-west-1_app.lb.50dc6c495c0c9188"
        "_20261124T1205Z_127.0.0.1_20sg8hgm.log.gz"
    )


class Files:
    """An S3 client that fails while ``failure`` is set."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], list[str]] = {}
        self.failure: str | None = None

    def put_object(self, **request: Any) -> None:
        if self.failure is not None:
            raise OSError(self.failure)
        lines = gzip.decompress(request["Body"]).decode().splitlines()
        self.found[request["Bucket"], request["Key"]] = lines

    @property
    def lines(self) -> list[str]:
        return [line for lines in self.found.values() for line in lines]


NAME = LogName(BALANCER, LogType.ACCESS, LogDestination("logs", "p"))
NOON = 1_700_049_600.0


def deliver(
    scenario: Callable[[AccessLogDelivery], Coroutine[Any, Any, None]], files: Files
) -> None:
    async def run() -> None:
        client: Any = files
        delivery = AccessLogDelivery(lambda: client)
        delivery.load_balancers = frozenset({BALANCER})
        await scenario(delivery)

    uvloop.run(run())


def test_a_file_is_named_after_the_end_of_its_interval() -> None:
    files = Files()

    async def scenario(delivery: AccessLogDelivery) -> None:
        delivery.write(NAME, "one")
        delivery.write(NAME, "two")
        assert files.found == {}
        await delivery.deliver(NOON + 1)
        await delivery.deliver(NOON + 2)

    deliver(scenario, files)
    (((bucket, key), lines),) = files.found.items()
    assert (bucket, lines) == ("logs", ["one", "two"])
    assert key.startswith("p/AWSLogs/")
    assert "_20231115T1205Z_" in key


def test_closing_delivers_the_rest() -> None:
    files = Files()

    async def scenario(delivery: AccessLogDelivery) -> None:
        delivery.start()
        delivery.write(NAME, "one")
        await delivery.close()

    deliver(scenario, files)
    assert files.lines == ["one"]


def test_lines_wait_while_the_bucket_refuses_them_and_keep_their_order(
    caplog: pytest.LogCaptureFixture,
) -> None:
    files = Files()

    async def scenario(delivery: AccessLogDelivery) -> None:
        files.failure = "Access Denied"
        for number in range(3):
            delivery.write(NAME, str(number))
            await delivery.deliver(NOON)
        files.failure = None
        await delivery.deliver(NOON)

    with caplog.at_level("INFO"):
        deliver(scenario, files)
    assert files.lines == ["0", "1", "2"]
    denied, again = caplog.messages
    assert denied.endswith("cannot be written to s3://logs/p: Access Denied")
    assert again.endswith("is delivered again")


def test_a_log_that_cannot_be_delivered_has_a_limit(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(access_log_delivery, "HELD_BYTES", 100)
    files = Files()

    async def scenario(delivery: AccessLogDelivery) -> None:
        files.failure = "away"
        for _ in range(100):
            delivery.write(NAME, "123456789")
        await delivery.deliver(NOON)
        files.failure = None
        await delivery.deliver(NOON)

    deliver(scenario, files)
    assert len(files.lines) == 10
    assert "dropped 90 lines" in caplog.messages[-1]


def test_many_lines_are_delivered_before_the_interval_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log_delivery, "FILE_BYTES", 50)
    files = Files()

    async def scenario(delivery: AccessLogDelivery) -> None:
        for _ in range(5):
            delivery.write(NAME, "123456789")
        while not files.found:
            await asyncio.sleep(0)

    deliver(scenario, files)
    assert len(files.lines) == 5


def test_the_log_of_a_deleted_load_balancer_gets_one_attempt() -> None:
    files = Files()

    async def scenario(delivery: AccessLogDelivery) -> None:
        files.failure = "NoSuchBucket"
        delivery.write(NAME, "one")
        delivery.load_balancers = frozenset()
        await delivery.deliver(NOON)
        files.failure = None
        await delivery.deliver(NOON)

    deliver(scenario, files)
    assert files.found == {}
