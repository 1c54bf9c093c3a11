from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from local_aws.cloudwatch.access_log_delivery import AccessLogDelivery, LogName, LogType
from local_aws.cloudwatch.function_log_delivery import FunctionLogDelivery
from local_aws.cloudwatch.metric_delivery import MetricDelivery
from local_aws.cloudwatch.metric_values import MetricValues, metric
from local_aws.errors import CloudError
from local_aws.load_balancer.account import Account
from local_aws.load_balancer.configuration import LogDestination
from local_aws_tests.completed_requests import BALANCER
from local_aws_tests.plane import DEV, REGION, Plane

_NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def account(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> Account:
    """With the deployer's credentials in the environment."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    for name, value in zip(names, plane.session(f"arn:aws:iam::{DEV}:role/local-aws"), strict=True):
        monkeypatch.setenv(name, value)
    return Account("http://127.0.0.1:4747", REGION, None)


def test_log_lines_of_a_function_create_their_group_and_stream(
    plane: Plane, account: Account
) -> None:
    client = plane.answer(account.logs())
    texts = ["one\n", 'a "quoted" \\ \N{SNOWMAN}\n']
    delivery = FunctionLogDelivery(lambda: client, lambda *_: client)
    for text in texts:
        delivery.write("/aws/lambda/api", "s", text)
    asyncio.run(delivery.deliver(0))
    answer = plane.client("logs").get_log_events(logGroupName="/aws/lambda/api", logStreamName="s")
    assert [each["message"] for each in answer["events"]] == texts
    assert all(each["timestamp"] >= _NOW.timestamp() * 1000 for each in answer["events"])


def test_metrics_arrive_with_the_count_of_each_value(plane: Plane, account: Account) -> None:
    client = plane.answer(account.metrics())
    values = MetricValues()
    of = metric("AWS/Lambda", "Duration", "Milliseconds", FunctionName="api")
    values.add(of, 1.5, 3)
    values.add(of, 4.0)
    asyncio.run(MetricDelivery(lambda: client, lambda _: values).deliver(0))
    found = plane.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": "api"}],
        StartTime=_NOW - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["SampleCount", "Sum", "Maximum"],
    )["Datapoints"]
    assert [(each["SampleCount"], each["Sum"], each["Maximum"]) for each in found] == [
        (4.0, 8.5, 4.0)
    ]


def test_a_log_file_arrives_under_its_key(plane: Plane, account: Account) -> None:
    client = plane.answer(account.log_delivery())
    reader = plane.client("s3")
    place = {"LocationConstraint": REGION}
    reader.create_bucket(Bucket="logs", CreateBucketConfiguration=place)
    name = LogName(BALANCER, LogType.ACCESS, LogDestination("logs", "a b"))

    async def deliver() -> None:
        delivery = AccessLogDelivery(lambda: client)
        delivery.write(name, "line")
        await delivery.deliver(_NOW.timestamp())

    asyncio.run(deliver())
    [file] = reader.list_objects_v2(Bucket="logs", Prefix="a b/AWSLogs/")["Contents"]
    found = reader.get_object(Bucket="logs", Key=file["Key"])
    assert gzip.decompress(found["Body"].read()) == b"line\n"


_ROLE = (
    b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>a</AccessKeyId>"
    b"</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)
"""Credentials without secret, token and expiry."""


@pytest.mark.parametrize("answer", [b"garbage", b"<a/>", b"\xff\x00", _ROLE])
def test_an_answer_that_is_not_aws_s_is_a_clear_error(answer: bytes) -> None:
    with _server(answer) as url:
        account = Account(url, REGION, DEV)
        with pytest.raises(CloudError, match=url):
            account.read(None)
        with pytest.raises(CloudError, match=url):
            account.read_target(f"arn:aws:lambda:{REGION}:{DEV}:function:api")
        with pytest.raises(CloudError, match="cannot be assumed"):
            account.execution_credentials(f"arn:aws:iam::{DEV}:role/r", "api")


@contextmanager
def _server(answer: bytes) -> Iterator[str]:
    """Run a server that answers every request with these bytes; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        body: ClassVar[bytes] = answer

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.body)))
            self.end_headers()
            self.wfile.write(self.body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
