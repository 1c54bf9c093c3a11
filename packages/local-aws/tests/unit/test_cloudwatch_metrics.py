from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import uvloop
from local_aws.cloudwatch import metric_delivery
from local_aws.cloudwatch.function_metrics import FunctionTally
from local_aws.cloudwatch.load_balancer_metrics import BalancerTally
from local_aws.cloudwatch.metric_delivery import MetricDelivery
from local_aws.cloudwatch.metric_values import Minute, data, metric, rounded
from local_aws.cloudwatch.web_acl_metrics import FirewallTally
from local_aws.lambda_runtime.ended import Ended
from local_aws.lambda_runtime.outcome import Answered, Failed, Outcome, Reason
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
    """The metrics of a minute, by name and dimensions."""

    def __init__(self, minute: Minute, namespace: str) -> None:
        self._counts = minute.counts
        self._namespace = namespace

    def values(self, name: str, unit: str = "Count", **of: str) -> dict[float, int]:
        return self._counts.get(metric(self._namespace, name, unit, **of), {})

    def sum(self, name: str, unit: str = "Count", **of: str) -> float | None:
        values = self.values(name, unit, **of)
        return sum(value * times for value, times in values.items()) if values else None

    def names(self, **of: str) -> set[str]:
        dimensions = tuple(sorted(of.items()))
        return {each.name for each in self._counts if each.dimensions == dimensions}


def of_balancer(*exchanges: Any, seconds: float = 60.0) -> Found:
    tally = BalancerTally(BALANCER)
    for each in exchanges:
        tally.finished(each)
    return Found(tally.take(seconds), "AWS/ApplicationELB")


def test_an_answer_of_a_function_counts_for_the_load_balancer_and_for_its_group() -> None:
    found = of_balancer(completed(), completed(target_processing_seconds=0.5))
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
def test_a_function_that_failed_is_the_load_balancers_502(reason: str, name: str) -> None:
    found = of_balancer(failed(reason))
    assert found.sum("HTTPCode_ELB_5XX_Count", **LB) == 1
    assert found.sum("HTTPCode_ELB_502_Count", **LB) == 1
    assert found.sum(name, **TARGETS) == found.sum(name, **GROUP_ONLY) == 1
    assert found.sum(name, **LB) is None
    assert found.sum("HTTPCode_Target_5XX_Count", **TARGETS) is None


def test_a_request_that_no_event_can_hold_has_no_response_time() -> None:
    found = of_balancer(failed("LambdaBadRequest", 400, trace_id=None))
    assert found.sum("LambdaUserError", **TARGETS) == 1
    assert found.sum("HTTPCode_ELB_4XX_Count", **LB) == 1
    assert found.values("TargetResponseTime", "Seconds", **TARGETS) == {}


def test_what_chooses_no_target_is_no_request_of_any() -> None:
    found = of_balancer(
        not_found(), unreadable(classification_reason=ClassificationReason.BAD_METHOD)
    )
    assert found.sum("RequestCount", **LB) is None
    assert found.sum("HTTP_Fixed_Response_Count", **LB) == 1
    assert found.sum("HTTPCode_ELB_4XX_Count", **LB) == 2
    assert found.sum("DesyncMitigationMode_NonCompliant_Request_Count", **LB) == 1


def test_a_redirect_is_the_load_balancers_3xx() -> None:
    redirect = Redirect(301, "HTTPS", "#{host}", "443", "/#{path}", "#{query}")
    decision = RoutingDecision(API.rules[1], redirect)
    found = of_balancer(completed(decision=decision, trace_id=None, response=error_page(301)))
    assert found.sum("HTTP_Redirect_Count", **LB) == 1
    assert found.sum("HTTPCode_ELB_3XX_Count", **LB) == 1


def test_rules_are_counted_up_to_the_one_that_met() -> None:
    rules: tuple[Rule, ...] = tuple(rule(number, NOT_FOUND) for number in range(1, 16))
    many = replace(API, rules=rules)
    third, fifteenth = RoutingDecision(rules[2], NOT_FOUND), RoutingDecision(rules[14], NOT_FOUND)
    found = of_balancer(
        completed(listener=many, decision=third),
        completed(listener=many, decision=fifteenth),
    )
    assert found.sum("RuleEvaluations", **LB) == 18


def test_capacity_units_are_those_of_the_dimension_that_is_used_most() -> None:
    tally = BalancerTally(BALANCER)
    for _ in range(3_000):
        tally.connected()  # 50 a second, where a unit is 25
    found = Found(tally.take(60.0), "AWS/ApplicationELB")
    assert found.values("ConsumedLCUs", **LB) == {2.0: 1}


def test_connections_are_counted_when_they_begin_and_while_they_last() -> None:
    tally = BalancerTally(BALANCER)
    for _ in range(3):
        tally.connected()
    tally.disconnected()
    first = Found(tally.take(60.0), "AWS/ApplicationELB")
    assert first.sum("NewConnectionCount", **LB) == 3
    assert first.sum("ActiveConnectionCount", **LB) == 3
    second = Found(tally.take(60.0), "AWS/ApplicationELB")
    assert second.sum("NewConnectionCount", **LB) is None
    assert second.sum("ActiveConnectionCount", **LB) == 2


def test_where_nothing_happens_nothing_is_reported() -> None:
    tally = BalancerTally(BALANCER)
    tally.finished(completed())
    assert tally.take(60.0).counts
    assert tally.take(60.0).counts == {}
    assert FunctionTally().take().counts == {}
    assert FirewallTally("eu-west-1", "acl").take().counts == {}


def test_a_firewall_counts_what_it_let_through_and_what_not() -> None:
    tally = FirewallTally("eu-west-1", "acl")
    tally.finished(completed())
    tally.finished(unreadable())
    tally.finished(completed(decision=RoutingDecision(None, BlockedByWebAcl()), trace_id=None))
    found = Found(tally.take(), "AWS/WAFV2")
    place = {"Region": "eu-west-1", "Rule": "ALL", "WebACL": "acl"}
    assert found.sum("AllowedRequests", **place) == 1
    assert found.sum("BlockedRequests", **place) == 1


def of_functions(*outcomes: Outcome, has_weights: bool = False, at_once: int = 1) -> Found:
    tally = FunctionTally()
    for each in outcomes:
        tally.ended(Ended(FUNCTION, "7", has_weights, each, 12.34, at_once))
    return Found(tally.take(), "AWS/Lambda")


NAMED = {"FunctionName": "api"}
ALIAS = {**NAMED, "Resource": "api:live"}
ANSWER = Answered(b"{}")


def test_an_invocation_counts_for_the_function_its_alias_and_for_all_functions() -> None:
    found = of_functions(ANSWER, ANSWER, at_once=2)
    for place in ({}, NAMED, ALIAS):
        assert found.sum("Invocations", **place) == 2
        assert found.values("Errors", **place) == {0: 2}
        assert found.values("Throttles", **place) == {0: 2}
        assert found.values("Duration", "Milliseconds", **place) == {12: 2}
    assert found.values("ConcurrentExecutions", **NAMED) == {2: 1}
    assert found.values("ConcurrentExecutions") == {}
    assert found.names(**ALIAS, ExecutedVersion="7") == set()


def test_the_version_counts_where_an_alias_has_weights() -> None:
    found = of_functions(ANSWER, has_weights=True)
    assert found.sum("Invocations", **ALIAS, ExecutedVersion="7") == 1


@pytest.mark.parametrize("reason", [Reason.UNHANDLED, Reason.RESPONSE_TOO_LARGE])
def test_an_invocation_that_fails_is_an_error(reason: Reason) -> None:
    found = of_functions(ANSWER, Failed(reason, "why"))
    assert found.sum("Invocations", **NAMED) == 2
    assert found.sum("Errors", **NAMED) == 1


def test_a_throttle_is_no_invocation() -> None:
    found = of_functions(Failed(Reason.THROTTLING, "why"))
    assert found.sum("Throttles", **NAMED) == 1
    assert found.sum("Invocations", **NAMED) is None
    assert found.sum("Errors", **NAMED) is None


def test_a_call_that_never_came_to_the_function_counts_for_nothing() -> None:
    assert of_functions(Failed(Reason.SERVICE, "why")).names(**NAMED) == set()


@pytest.mark.parametrize(
    ("value", "kept"), [(0.0, 0.0), (0.000123, 0.00012), (0.996, 1.0), (47.6, 48.0), (1234.0, 1200)]
)
def test_values_keep_two_digits(value: float, kept: float) -> None:
    assert rounded(value) == pytest.approx(kept)


def test_a_metric_of_many_values_needs_several_data() -> None:
    minute = Minute()
    of = metric("App", "Latency", "Seconds", Route="/a")
    for value in range(151):
        minute.add(of, value, 2)
    minute.add(metric("Other", "Latency"), 1)
    first, second = data("App", minute.counts)
    assert (len(first["Values"]), second["Values"], second["Counts"]) == (150, [150], [2.0])
    assert first["Dimensions"] == [{"Name": "Route", "Value": "/a"}]
    assert (first["MetricName"], first["Unit"]) == ("Latency", "Seconds")


class Store:
    """A store of metrics that may be away."""

    def __init__(self) -> None:
        self.minutes: list[tuple[datetime, Minute]] = []
        self.is_away = False

    def put(self, at: datetime, minute: Minute) -> None:
        if self.is_away:
            raise OSError("away")
        self.minutes.append((at, minute))


def deliver(scenario: Callable[[MetricDelivery, Store], Coroutine[Any, Any, None]]) -> Store:
    store = Store()
    numbers = iter(range(1_000))

    def take(_: float) -> Minute:
        minute = Minute()
        minute.add(metric("App", "Number"), next(numbers))
        return minute

    async def run() -> None:
        await scenario(MetricDelivery(store, take), store)

    uvloop.run(run())
    return store


def numbers(store: Store) -> list[float]:
    return [value for _, minute in store.minutes for of in minute.counts.values() for value in of]


def test_metrics_that_do_not_arrive_wait_and_keep_their_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(delivery: MetricDelivery, store: Store) -> None:
        store.is_away = True
        await delivery.deliver()
        await delivery.deliver()
        store.is_away = False
        await delivery.deliver()

    store = deliver(scenario)
    assert numbers(store) == [0, 1, 2]
    times = [at for at, _ in store.minutes]
    assert times == sorted(set(times))
    assert caplog.messages == ["cannot write metrics, holding them: away"]


def test_only_so_many_minutes_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_delivery, "HELD_MINUTES", 3)

    async def scenario(delivery: MetricDelivery, store: Store) -> None:
        store.is_away = True
        for _ in range(10):
            await delivery.deliver()
        store.is_away = False
        await delivery.deliver()

    assert numbers(deliver(scenario)) == [8, 9, 10]


def test_what_is_left_at_the_end_is_delivered() -> None:
    async def scenario(delivery: MetricDelivery, _: Store) -> None:
        delivery.start()
        await asyncio.sleep(0)
        await delivery.close()

    assert numbers(deliver(scenario)) == [0]
