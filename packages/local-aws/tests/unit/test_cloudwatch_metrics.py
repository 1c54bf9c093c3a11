from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
import uvloop
from local_aws.cloudwatch import metric_delivery
from local_aws.cloudwatch.function_metrics import FunctionMetrics
from local_aws.cloudwatch.load_balancer_metrics import LoadBalancerMetrics
from local_aws.cloudwatch.metric_delivery import MetricDelivery
from local_aws.cloudwatch.metric_values import MetricValues, metric, rounded
from local_aws.cloudwatch.web_acl_metrics import WebAclMetrics
from local_aws.lambda_runtime.invocation import (
    Answered,
    CompletedInvocation,
    Failed,
    Outcome,
    Reason,
)
from local_aws.load_balancer.configuration import Redirect, Rule
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.response import error_page
from local_aws.load_balancer.rules import BlockedByWebAcl, RoutingDecision
from local_aws_tests.completed_requests import (
    API,
    BALANCER,
    completed,
    failed,
    not_found,
    unreadable,
)
from local_aws_tests.load_balancer_models import FUNCTION, NOT_FOUND, rule

LB = {"LoadBalancer": "app/lb/50dc6c495c0c9188"}
TARGETS = {**LB, "TargetGroup": "targetgroup/api/73e2d6bc24d8a067"}
GROUP_ONLY = {"TargetGroup": TARGETS["TargetGroup"]}


class Found:
    """Metrics by name and dimensions."""

    def __init__(self, values: MetricValues, namespace: str) -> None:
        self._counts = values.counts
        self._namespace = namespace

    def values(self, name: str, unit: str = "Count", **of: str) -> dict[float, int]:
        return self._counts.get(metric(self._namespace, name, unit, **of), {})

    def sum(self, name: str, unit: str = "Count", **of: str) -> float | None:
        values = self.values(name, unit, **of)
        return sum(value * times for value, times in values.items()) if values else None

    def names(self, **of: str) -> set[str]:
        dimensions = tuple(sorted(of.items()))
        return {each.name for each in self._counts if each.dimensions == dimensions}


def load_balancer(*exchanges: Any, seconds: float = 60.0) -> Found:
    metrics = LoadBalancerMetrics(BALANCER)
    for each in exchanges:
        metrics.completed(each)
    return Found(metrics.take(seconds), "AWS/ApplicationELB")


def test_a_function_response_counts_for_the_load_balancer_and_the_target_group() -> None:
    found = load_balancer(completed(), completed(target_processing_seconds=0.5))
    for place in (LB, TARGETS):
        assert found.sum("RequestCount", **place) == 2
        assert found.sum("HTTPCode_Target_2XX_Count", **place) == 2
        assert found.values("TargetResponseTime", "Seconds", **place) == {0.012: 1, 0.5: 1}
    assert found.sum("ProcessedBytes", "Bytes", **LB) == 800
    assert found.sum("LambdaTargetProcessedBytes", "Bytes", **LB) == 800
    assert not any(name.startswith("HTTPCode_ELB") for name in found.names(**LB))


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("LambdaUnhandled", "LambdaUserError"),
        ("LambdaThrottling", "LambdaUserError"),
        ("LambdaAccessDenied", "LambdaUserError"),
        ("LambdaServiceException", "LambdaInternalError"),
    ],
)
def test_a_failed_function_is_a_502_of_the_load_balancer(reason: str, name: str) -> None:
    found = load_balancer(failed(reason))
    assert found.sum("HTTPCode_ELB_5XX_Count", **LB) == 1
    assert found.sum("HTTPCode_ELB_502_Count", **LB) == 1
    assert found.sum(name, **TARGETS) == found.sum(name, **GROUP_ONLY) == 1
    assert found.sum(name, **LB) is None
    assert found.sum("HTTPCode_Target_5XX_Count", **TARGETS) is None


def test_a_request_that_is_not_dispatched_has_no_response_time() -> None:
    found = load_balancer(failed("LambdaBadRequest", 400, trace_id=None))
    assert found.sum("LambdaUserError", **TARGETS) == 1
    assert found.sum("HTTPCode_ELB_4XX_Count", **LB) == 1
    assert found.values("TargetResponseTime", "Seconds", **TARGETS) == {}


def test_a_request_without_a_target_is_not_in_request_count() -> None:
    found = load_balancer(
        not_found(), unreadable(classification_reason=ClassificationReason.BAD_METHOD)
    )
    assert found.sum("RequestCount", **LB) is None
    assert found.sum("HTTP_Fixed_Response_Count", **LB) == 1
    assert found.sum("HTTPCode_ELB_4XX_Count", **LB) == 2
    assert found.sum("DesyncMitigationMode_NonCompliant_Request_Count", **LB) == 1


def test_a_redirect_is_a_3xx_of_the_load_balancer() -> None:
    redirect = Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    decision = RoutingDecision(API.rules[1], redirect)
    found = load_balancer(completed(decision=decision, trace_id=None, response=error_page(301)))
    assert found.sum("HTTP_Redirect_Count", **LB) == 1
    assert found.sum("HTTPCode_ELB_3XX_Count", **LB) == 1


def test_rule_evaluations_include_the_matching_rule() -> None:
    rules: tuple[Rule, ...] = tuple(rule(number, NOT_FOUND) for number in range(1, 16))
    many = replace(API, rules=rules)
    third, fifteenth = RoutingDecision(rules[2], NOT_FOUND), RoutingDecision(rules[14], NOT_FOUND)
    found = load_balancer(
        completed(listener=many, decision=third),
        completed(listener=many, decision=fifteenth),
    )
    assert found.sum("RuleEvaluations", **LB) == 18


def test_consumed_lcus_come_from_the_most_used_dimension() -> None:
    metrics = LoadBalancerMetrics(BALANCER)
    for _ in range(3_000):
        metrics.connected()  # 50 a second, where a unit is 25
    found = Found(metrics.take(60.0), "AWS/ApplicationELB")
    assert found.values("ConsumedLCUs", **LB) == {2.0: 1}


def test_new_and_active_connections_are_counted() -> None:
    metrics = LoadBalancerMetrics(BALANCER)
    for _ in range(3):
        metrics.connected()
    metrics.disconnected()
    first = Found(metrics.take(60.0), "AWS/ApplicationELB")
    assert first.sum("NewConnectionCount", **LB) == 3
    assert first.sum("ActiveConnectionCount", **LB) == 3
    second = Found(metrics.take(60.0), "AWS/ApplicationELB")
    assert second.sum("NewConnectionCount", **LB) is None
    assert second.sum("ActiveConnectionCount", **LB) == 2


def test_without_events_there_are_no_metrics() -> None:
    metrics = LoadBalancerMetrics(BALANCER)
    metrics.completed(completed())
    assert metrics.take(60.0).counts
    assert metrics.take(60.0).counts == {}
    assert FunctionMetrics().take().counts == {}
    assert WebAclMetrics("eu-west-1", "acl").take().counts == {}


def test_a_web_acl_counts_allowed_and_blocked_requests() -> None:
    metrics = WebAclMetrics("eu-west-1", "acl")
    metrics.completed(completed())
    metrics.completed(unreadable())
    metrics.completed(completed(decision=RoutingDecision(None, BlockedByWebAcl()), trace_id=None))
    found = Found(metrics.take(), "AWS/WAFV2")
    place = {"Region": "eu-west-1", "Rule": "ALL", "WebACL": "acl"}
    assert found.sum("AllowedRequests", **place) == 1
    assert found.sum("BlockedRequests", **place) == 1


def functions(*outcomes: Outcome, has_weights: bool = False, concurrency: int = 1) -> Found:
    metrics = FunctionMetrics()
    for each in outcomes:
        metrics.completed(CompletedInvocation(FUNCTION, "7", has_weights, each, 12.34, concurrency))
    return Found(metrics.take(), "AWS/Lambda")


NAMED = {"FunctionName": "api"}
ALIAS = {**NAMED, "Resource": "api:live"}
ANSWER = Answered(b"{}")


def test_an_invocation_counts_for_the_function_the_alias_and_all_functions() -> None:
    found = functions(ANSWER, ANSWER, concurrency=2)
    for place in ({}, NAMED, ALIAS):
        assert found.sum("Invocations", **place) == 2
        assert found.values("Errors", **place) == {0: 2}
        assert found.values("Throttles", **place) == {0: 2}
        assert found.values("Duration", "Milliseconds", **place) == {12: 2}
    assert found.values("ConcurrentExecutions", **NAMED) == {2: 1}
    assert found.values("ConcurrentExecutions") == {}
    assert found.names(**ALIAS, ExecutedVersion="7") == set()


def test_with_an_alias_with_weights_the_version_is_counted_too() -> None:
    found = functions(ANSWER, has_weights=True)
    assert found.sum("Invocations", **ALIAS, ExecutedVersion="7") == 1


@pytest.mark.parametrize("reason", [Reason.UNHANDLED, Reason.RESPONSE_TOO_LARGE])
def test_a_failed_invocation_is_an_error(reason: Reason) -> None:
    found = functions(ANSWER, Failed(reason, "why"))
    assert found.sum("Invocations", **NAMED) == 2
    assert found.sum("Errors", **NAMED) == 1


def test_a_throttle_is_not_an_invocation() -> None:
    found = functions(Failed(Reason.THROTTLING, "why"))
    assert found.sum("Throttles", **NAMED) == 1
    assert found.sum("Invocations", **NAMED) is None
    assert found.sum("Errors", **NAMED) is None


def test_a_failure_before_the_function_ran_is_not_counted() -> None:
    assert functions(Failed(Reason.SERVICE, "why")).names(**NAMED) == set()


@pytest.mark.parametrize(
    ("value", "kept"), [(0.0, 0.0), (0.000123, 0.00012), (0.996, 1.0), (47.6, 48.0), (1234.0, 1200)]
)
def test_values_are_rounded_to_two_digits(value: float, kept: float) -> None:
    assert rounded(value) == pytest.approx(kept)


def test_a_metric_with_many_values_takes_several_data() -> None:
    values = MetricValues()
    of = metric("App", "Latency", "Seconds", Route="/a")
    for value in range(151):
        values.add(of, value, 2)
    values.add(metric("Other", "Latency"), 1)
    first, second = values.data("App")
    assert (len(first["Values"]), second["Values"], second["Counts"]) == (150, [150], [2.0])
    assert first["Dimensions"] == [{"Name": "Route", "Value": "/a"}]
    assert (first["MetricName"], first["Unit"]) == ("Latency", "Seconds")


class Client:
    """A CloudWatch client that records metric data, or fails while it is away."""

    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []
        self.is_away = False

    def put_metric_data(self, **request: Any) -> None:
        if self.is_away:
            raise OSError("away")
        self.data += request["MetricData"]

    @property
    def values(self) -> list[float]:
        return [value for each in self.data for value in each["Values"]]


def deliver(scenario: Callable[[MetricDelivery, Client], Coroutine[Any, Any, None]]) -> Client:
    """Run a scenario in which each period has one metric, with the number of the period."""
    client: Any = Client()
    numbers = iter(range(1_000))

    def take(_: float) -> MetricValues:
        values = MetricValues()
        values.add(metric("App", "Number"), next(numbers))
        return values

    async def run() -> None:
        await scenario(MetricDelivery(lambda: client, take), client)

    uvloop.run(run())
    found: Client = client
    return found


def test_metrics_wait_while_the_store_is_away_and_keep_their_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(delivery: MetricDelivery, client: Client) -> None:
        client.is_away = True
        await delivery.deliver(0)
        await delivery.deliver(0)
        client.is_away = False
        await delivery.deliver(0)

    client = deliver(scenario)
    assert client.values == [0, 1, 2]
    times = [each["Timestamp"] for each in client.data]
    assert times == sorted(set(times))
    assert caplog.messages == ["cannot write metrics, will try again: away"]


def test_only_a_limited_number_of_periods_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_delivery, "HELD_PERIODS", 3)

    async def scenario(delivery: MetricDelivery, client: Client) -> None:
        client.is_away = True
        for _ in range(10):
            await delivery.deliver(0)
        client.is_away = False
        await delivery.deliver(0)

    assert deliver(scenario).values == [8, 9, 10]


def test_closing_delivers_the_rest() -> None:
    async def scenario(delivery: MetricDelivery, _: Client) -> None:
        delivery.start()
        await asyncio.sleep(0)
        await delivery.close()

    assert deliver(scenario).values == [0]
