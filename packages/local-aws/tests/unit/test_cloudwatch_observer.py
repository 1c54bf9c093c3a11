from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import uvloop
from local_aws.cloudwatch.observer import CloudWatchObserver, Intervals
from local_aws.load_balancer.configuration import Attributes, Configuration, LogDestination
from local_aws.waf.web_acl import Action, WebAcl
from local_aws_tests.completed_requests import API, ARN, CLIENT, completed

LOGS = LogDestination("logs")
LOGGED = replace(API, attributes=Attributes(access_logs=LOGS, connection_logs=LOGS))
ACL = WebAcl("arn:acl", "acl", (), Action("allow"), {})


class Stores:
    """A bucket and CloudWatch, as their clients."""

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = {}
        self.metrics: set[tuple[str, str]] = set()
        self.observer = CloudWatchObserver(self._client, self._client, Intervals())

    def _client(self) -> Any:
        return self

    def put_object(self, **request: Any) -> None:
        self.files[request["Key"]] = gzip.decompress(request["Body"]).decode().splitlines()

    def put_metric_data(self, **request: Any) -> None:
        names = {each["MetricName"] for each in request["MetricData"]}
        self.metrics |= {(request["Namespace"], name) for name in names}


def observe(scenario: Callable[[Stores], Coroutine[Any, Any, None]]) -> Stores:
    async def run() -> Stores:
        stores = Stores()
        await scenario(stores)
        await stores.observer.close()
        return stores

    return uvloop.run(run())


def test_a_request_is_in_both_logs_and_in_the_metrics() -> None:
    async def scenario(stores: Stores) -> None:
        stores.observer.update(Configuration((LOGGED,)), {})
        stores.observer.connected(LOGGED, CLIENT)
        stores.observer.finished(completed(listener=LOGGED))
        stores.observer.disconnected(LOGGED)

    found = observe(scenario)
    assert sorted(len(lines) for lines in found.files.values()) == [1, 1]
    assert sum("/conn_log." in key for key in found.files) == 1
    assert ("AWS/ApplicationELB", "RequestCount") in found.metrics
    assert ("AWS/ApplicationELB", "NewConnectionCount") in found.metrics


def test_without_log_attributes_no_log_is_written() -> None:
    async def scenario(stores: Stores) -> None:
        stores.observer.update(Configuration((API,)), {})
        stores.observer.connected(API, CLIENT)
        stores.observer.finished(completed())

    found = observe(scenario)
    assert found.files == {}
    assert ("AWS/ApplicationELB", "RequestCount") in found.metrics


def test_a_web_acl_is_counted_and_logged_while_it_is_associated() -> None:
    async def scenario(stores: Stores) -> None:
        for acls in ({ARN: ACL}, {}):
            stores.observer.update(Configuration((LOGGED,)), acls)
            stores.observer.finished(completed(listener=LOGGED))

    found = observe(scenario)
    (lines,) = found.files.values()
    assert ['"waf,forward"' in line for line in lines] == [True, False]


def test_the_log_of_a_deleted_load_balancer_is_delivered_at_once() -> None:
    async def scenario(stores: Stores) -> None:
        stores.observer.update(Configuration((LOGGED,)), {})
        stores.observer.finished(completed(listener=LOGGED))
        stores.observer.update(Configuration(), {})
        while not stores.files:
            await asyncio.sleep(0)
        stores.observer.finished(completed(listener=LOGGED))  # a request that ends after that

    assert len(observe(scenario).files) == 2
