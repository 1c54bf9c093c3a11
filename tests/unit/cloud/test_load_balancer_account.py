from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from terrarium.cloud.functions.cloudwatch import CloudWatch
from terrarium.cloud.functions.logs import LogEvent
from terrarium.cloud.load_balancer.account import Account
from terrarium.cloud.observation.distribution import Minute, metric
from terrarium.cloud.observation.log_bucket import LogBuckets
from terrarium.cloud.observation.metric_delivery import CloudWatchMetrics
from tests.unit.cloud.plane import DEV, REGION, Plane

_NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def account(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> Account:
    """With the deployer's credentials in the environment."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    for name, value in zip(names, plane.session(f"arn:aws:iam::{DEV}:role/terrarium"), strict=True):
        monkeypatch.setenv(name, value)
    return Account("http://127.0.0.1:4747", REGION, None)


def test_what_functions_say_makes_its_group_and_its_stream(plane: Plane, account: Account) -> None:
    client = plane.answer(account.logs())
    texts = ["one\n", 'a "quoted" \\ \N{SNOWMAN}\n']
    at = int(_NOW.timestamp() * 1000)
    store = CloudWatch(lambda: client, lambda _: client)
    store.put("/aws/lambda/api", "s", [LogEvent("/aws/lambda/api", "s", at, t) for t in texts])
    answer = plane.client("logs").get_log_events(logGroupName="/aws/lambda/api", logStreamName="s")
    assert [(each["timestamp"], each["message"]) for each in answer["events"]] == [
        (at, text) for text in texts
    ]


def test_metrics_arrive_with_each_value_as_often_as_it_was(plane: Plane, account: Account) -> None:
    client = plane.answer(account.metrics())
    minute = Minute()
    of = metric("AWS/Lambda", "Duration", "Milliseconds", FunctionName="api")
    minute.add(of, 1.5, 3)
    minute.add(of, 4.0)
    CloudWatchMetrics(lambda: client).put(_NOW, minute)
    found = plane.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": "api"}],
        StartTime=_NOW - timedelta(minutes=1),
        EndTime=_NOW + timedelta(minutes=1),
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
    LogBuckets(lambda: client).put("logs", "AWSLogs/a b.log.gz", b"\x1f\x8b")
    found = reader.get_object(Bucket="logs", Key="AWSLogs/a b.log.gz")
    assert found["Body"].read() == b"\x1f\x8b"
