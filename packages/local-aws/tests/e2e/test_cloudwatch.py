"""Log files and metrics of a running load balancer."""

from __future__ import annotations

import gzip
import http.client
import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local_aws.iam.principal import LOG_SERVICE
from local_aws_tests.accounts import REGION, Account, a_bucket, unused_port
from local_aws_tests.balanced import (
    ControlPlane,
    DataPlane,
    Service,
    control_plane,
    data_plane,
    eventually,
)

_NUMBERS = iter(range(400_000_000_001, 400_000_001_000))
QUICK = {"--log-seconds": "0.5", "--metric-seconds": "0.5"}
FIELDS = 33
"""Fields of an access log entry."""

HANDLER = """
import json

def handler(event, context):
    query = event["queryStringParameters"]
    if "raise" in query:
        raise ValueError("on purpose")
    if "log" in query:
        print(json.dumps({"level": "ERROR"}))
    return {"statusCode": int(query.get("status", "200")), "headers": {}, "body": "{}"}
"""


class Observed:
    """A service with a load balancer that writes both logs."""

    def __init__(self, account: Account, bucket: str) -> None:
        self.account = account
        self.service = Service(account, HANDLER)
        self.metrics = account.client("cloudwatch")
        self.bucket = bucket
        a_bucket(account, bucket)
        self.allow_writing(LOG_SERVICE)
        attributes = [
            {"Key": f"{kind}.s3.{name}", "Value": value}
            for kind in ("access_logs", "connection_logs")
            for name, value in (("enabled", "true"), ("bucket", bucket), ("prefix", "dev"))
        ]
        self.service.balancers.modify_load_balancer_attributes(
            LoadBalancerArn=self.service.load_balancer, Attributes=attributes
        )

    def allow_writing(self, service: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/dev/AWSLogs/{self.account.id}/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.account.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))

    def files(self) -> list[str]:
        """Return the keys of the log files."""
        found = self.account.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [each["Key"] for each in found if each["Key"].endswith(".log.gz")]

    def lines(self, kind: str = "") -> list[list[str]]:
        """Return the fields of each line, of files whose name begins with ``kind``."""
        return [
            shlex.split(line)
            for key in self.files()
            if key.rpartition("/")[2].startswith(kind or self.account.id)
            for line in gzip.decompress(
                self.account.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            )
            .decode()
            .splitlines()
        ]

    def statistics(self, namespace: str, name: str, **dimensions: str) -> dict[str, float]:
        """Return sum and number of the values of the last hour."""
        now = datetime.now(UTC)
        answer = self.metrics.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=30),
            EndTime=now + timedelta(minutes=30),
            Period=3600,
            Statistics=["Sum", "SampleCount"],
            ExtendedStatistics=["p99"],
        )
        return {
            "sum": sum(point["Sum"] for point in answer["Datapoints"]),
            "number": sum(point["SampleCount"] for point in answer["Datapoints"]),
        }


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def observed(endpoint: ControlPlane) -> Observed:
    account = Account(endpoint, str(next(_NUMBERS)))
    return Observed(account, f"logs-{account.id}")


@pytest.fixture
def plane(endpoint: ControlPlane, observed: Observed, tmp_path: Path) -> Iterator[DataPlane]:
    port = unused_port()
    with data_plane(endpoint, observed.account, tmp_path / "plane", port, more=QUICK) as running:
        yield running


def send(url: str, target: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request("GET", target, headers={"user-agent": "observer"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_requests_and_connections_are_lines_of_log_files(
    observed: Observed, plane: DataPlane
) -> None:
    url = plane.url()
    assert [send(url, each) for each in ("/api/a", "/elsewhere", "/api/a?raise")] == [200, 404, 502]
    eventually(lambda: len(observed.lines()) == 3)
    lines = observed.lines()
    assert [len(line) for line in lines] == [FIELDS] * 3
    answered, fixed, failed = sorted(lines, key=lambda line: line[1])
    load_balancer = observed.service.load_balancer.rpartition("loadbalancer/")[2]
    assert (answered[0], answered[2], answered[8], answered[9]) == (
        "http",
        load_balancer,
        "200",
        "200",
    )
    assert (answered[12], answered[13]) == ("GET http://127.0.0.1:80/api/a HTTP/1.1", "observer")
    assert (answered[16], answered[20], answered[22]) == (
        observed.service.target_group,
        "20",
        "forward",
    )
    assert (fixed[8], fixed[9], fixed[20], fixed[22]) == ("404", "-", "0", "fixed-response")
    assert (failed[8], failed[24]) == ("502", "LambdaUnhandled")
    connections = eventually(
        lambda: found if len(found := observed.lines("conn_log.")) >= 3 else []
    )
    assert {line[29] for line in lines} <= {connection[-1] for connection in connections}


def test_log_files_have_the_keys_of_aws(observed: Observed, plane: DataPlane) -> None:
    send(plane.url(), "/api/a")
    key = eventually(lambda: [key for key in observed.files() if "conn_log" not in key])[0]
    account, today = observed.account.id, datetime.now(UTC)
    folder = f"dev/AWSLogs/{account}/elasticloadbalancing/{REGION}/{today:%Y/%m/%d}/"
    assert key.startswith(f"{folder}{account}_elasticloadbalancing_{REGION}_app.lb.")
    assert key.endswith(".log.gz")


def test_requests_and_invocations_are_counted_in_metrics(
    observed: Observed, plane: DataPlane
) -> None:
    url = plane.url()
    for target in ("/api/a", "/api/a?status=302", "/api/a?status=404", "/api/a?status=500"):
        send(url, target)
    send(url, "/api/a?raise")
    send(url, "/elsewhere")
    balancer = {"LoadBalancer": observed.service.load_balancer.rpartition("loadbalancer/")[2]}
    group = {**balancer, "TargetGroup": observed.service.target_group.rpartition(":")[2]}
    function = {"FunctionName": "api"}

    def total(namespace: str, name: str, **of: str) -> float:
        return observed.statistics(namespace, name, **of)["sum"]

    eventually(lambda: total("AWS/Lambda", "Invocations", **function) == 5)
    for name in ("HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count"):
        assert total("AWS/ApplicationELB", name, **group) == 1
    for name in ("HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "LambdaUserError"):
        assert total("AWS/ApplicationELB", name, **group) == 1
    assert total("AWS/ApplicationELB", "RequestCount", **balancer) == 5
    assert total("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", **balancer) == 1
    assert total("AWS/ApplicationELB", "HTTPCode_ELB_4XX_Count", **balancer) == 1
    times = observed.statistics("AWS/ApplicationELB", "TargetResponseTime", **group)
    assert (times["number"], times["sum"] > 0) == (5, True)
    assert total("AWS/Lambda", "Errors", **function) == 1
    assert total("AWS/Lambda", "Throttles", **function) == 0
    assert observed.statistics("AWS/Lambda", "Throttles", **function)["number"] == 5
    assert observed.statistics("AWS/Lambda", "Duration", **function)["number"] == 5
    assert total("AWS/Lambda", "ConcurrentExecutions", **function) >= 1
    assert total("AWS/Lambda", "Invocations", **function, Resource="api:live") == 5
    eventually(lambda: total("AWS/Logs", "IncomingBytes", LogGroupName="/aws/lambda/api") > 0)


def test_a_metric_filter_counts_error_lines_of_a_function(
    observed: Observed, plane: DataPlane
) -> None:
    url = plane.url()
    send(url, "/api/a")
    logs = observed.service.logs
    eventually(observed.service.log_messages)
    logs.put_metric_filter(
        logGroupName="/aws/lambda/api",
        filterName="errors",
        filterPattern='{ $.level = "ERROR" || $.level = "CRITICAL" }',
        metricTransformations=[
            {"metricNamespace": "app", "metricName": "ErrorLines", "metricValue": "1"}
        ],
    )
    send(url, "/api/a?log")
    eventually(lambda: observed.statistics("app", "ErrorLines")["sum"] == 1)


def test_log_files_that_the_bucket_policy_refuses_are_written_later(
    observed: Observed, plane: DataPlane
) -> None:
    observed.allow_writing("delivery.logs.amazonaws.com")
    url = plane.url()
    assert send(url, "/api/a") == 200
    eventually(
        lambda: "access log" in plane.log.read_text() and "AccessDenied" in plane.log.read_text()
    )
    assert send(url, "/api/b") == 200
    assert observed.lines() == []
    observed.allow_writing(LOG_SERVICE)
    eventually(lambda: len(observed.lines()) == 2)


def test_a_load_balancer_that_stops_delivers_the_rest(
    endpoint: ControlPlane, observed: Observed, tmp_path: Path
) -> None:
    with data_plane(endpoint, observed.account, tmp_path / "plane", unused_port()) as plane:
        assert send(plane.url(), "/api/a") == 200
        assert observed.lines() == []
        assert plane.stop() == 0
    assert len(observed.lines()) == 1
    assert observed.statistics("AWS/Lambda", "Invocations", FunctionName="api")["sum"] == 1


def test_a_killed_load_balancer_loses_one_interval_at_most(
    observed: Observed, plane: DataPlane
) -> None:
    url = plane.url()
    send(url, "/api/before")
    eventually(observed.lines)
    send(url, "/api/lost")
    plane.process.kill()
    plane.process.wait()
    targets = [line[12] for line in observed.lines()]
    assert "GET http://127.0.0.1:80/api/before HTTP/1.1" in targets
    assert len(targets) <= 2
