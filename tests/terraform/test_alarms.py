"""Alarms, charts and queries of each environment, compared with its resources."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from local_aws.cloudwatch.function_metrics import FunctionMetrics
from local_aws.cloudwatch.load_balancer_metrics import LoadBalancerMetrics
from local_aws.cloudwatch.web_acl_metrics import WebAclMetrics
from local_aws.lambda_runtime.invocation import Answered, CompletedInvocation
from local_aws.load_balancer.response import Response
from local_aws.load_balancer.rules import BlockedByWebAcl, RoutingDecision
from local_aws_tests.completed_requests import BALANCER, completed, failed, not_found
from local_aws_tests.load_balancer_models import FUNCTION

from terrarium.settings import ROOT, environments
from tests.terraform.whole_environment import Resource, apply

PAGES = ROOT / "docs" / "how-to"
REGION = "eu-west-1"

# The resource attribute that is the value of a dimension.
DIMENSIONS = {
    "FunctionName": ("aws_lambda_function", "function_name"),
    "LoadBalancer": ("aws_lb", "arn_suffix"),
    "LogGroupName": ("aws_cloudwatch_log_group", "name"),
    "NatGatewayId": ("aws_nat_gateway", "id"),
    "TargetGroup": ("aws_lb_target_group", "arn_suffix"),
}
_ALARMS = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
_PAGE = re.compile(r" Runbook: \S+/docs/how-to/([\w-]+\.md)$")

Metric = tuple[str, str, Mapping[str, str]]
"""Namespace, name and dimensions."""


@pytest.fixture(scope="module", params=sorted(environments()))
def resources(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Resource]:
    return apply(environments()[request.param], tmp_path_factory.mktemp(request.param))


def _of(resources: list[Resource], *types: str) -> list[Resource]:
    return [resource for resource in resources if resource.type in types]


def _watched(alarm: Resource) -> Iterator[Metric]:
    values = alarm.values
    if values["metric_name"]:
        yield values["namespace"], values["metric_name"], values["dimensions"] or {}
    for query in values["metric_query"]:
        for metric in query["metric"]:
            yield metric["namespace"], metric["metric_name"], metric["dimensions"] or {}


def _drawn(dashboard: Resource) -> Iterator[Metric]:
    for widget in json.loads(dashboard.values["dashboard_body"])["widgets"]:
        for namespace, name, *pairs, _ in widget["properties"].get("metrics", []):
            yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True))


def _known(resources: list[Resource]) -> dict[str, set[Any]]:
    """Return the possible values of each dimension."""
    firewalls = _of(resources, "aws_wafv2_web_acl")
    return {
        **{
            dimension: {resource.values[attribute] for resource in _of(resources, kind)}
            for dimension, (kind, attribute) in DIMENSIONS.items()
        },
        "Region": {REGION},
        "Rule": {"ALL"},
        "WebACL": {acl.values["visibility_config"][0]["metric_name"] for acl in firewalls},
    }


def _names(metric: Metric) -> tuple[str, str, frozenset[str]]:
    namespace, name, dimensions = metric
    return namespace, name, frozenset(dimensions)


def _unknown(resources: list[Resource]) -> list[str]:
    """Return alarms and charts with a dimension of no resource or an unpublished metric."""
    known = _known(resources)
    counted = {
        (transformation["namespace"], transformation["name"])
        for log_filter in _of(resources, "aws_cloudwatch_log_metric_filter")
        for transformation in log_filter.values["metric_transformation"]
    }
    watched = [(a.address, m) for a in _of(resources, _ALARMS[0]) for m in _watched(a)]
    watched += [
        (d.address, m) for d in _of(resources, "aws_cloudwatch_dashboard") for m in _drawn(d)
    ]
    found = []
    for address, (namespace, name, dimensions) in watched:
        if not dimensions and (namespace, name) not in counted:
            found.append(f"{address}: {namespace} {name} is not published")
        found += [
            f"{address}: {dimension} {value}"
            for dimension, value in dimensions.items()
            if value not in known.get(dimension, ())
        ]
    return found


def _published() -> set[tuple[str, str, frozenset[str]]]:
    """Return the metrics that the local load balancer publishes after every kind of event."""
    balancer, functions = LoadBalancerMetrics(BALANCER), FunctionMetrics()
    firewall = WebAclMetrics(REGION, "acl")
    balancer.connected()
    for status in (200, 302, 404, 500):
        balancer.completed(completed(response=Response(status)))
    for answered in (failed("LambdaUnhandled"), failed("LambdaServiceException"), not_found()):
        balancer.completed(answered)
    functions.completed(CompletedInvocation(FUNCTION, "1", False, Answered(b"{}"), 1.0, 1))
    firewall.completed(completed(decision=RoutingDecision(None, BlockedByWebAcl())))
    minute = balancer.take(60.0)
    minute.merge(functions.take())
    minute.merge(firewall.take())
    return {(of.namespace, of.name, frozenset(dict(of.dimensions))) for of in minute.counts}


def _page(alarm: Resource) -> str | None:
    found = _PAGE.search(alarm.values["alarm_description"])
    return found[1] if found else None


def test_every_alarm_and_chart_has_an_existing_resource(
    resources: list[Resource],
) -> None:
    assert _of(resources, "aws_cloudwatch_dashboard")
    assert _unknown(resources) == []


@pytest.mark.parametrize("kind", ["aws_lb", "aws_lambda_function", "aws_nat_gateway"])
def test_an_alarm_on_a_missing_resource_is_found(resources: list[Resource], kind: str) -> None:
    without = [resource for resource in resources if resource.type != kind]

    assert _unknown(without) != []


def test_an_alarm_on_an_unpublished_metric_is_found(resources: list[Resource]) -> None:
    alarm = next(r for r in resources if r.values.get("metric_name") == "ErrorLines")
    renamed = replace(alarm, values={**alarm.values, "metric_name": "ErrorLine"})

    assert _unknown([*resources, renamed]) == [
        f"{alarm.address}: {alarm.values['namespace']} ErrorLine is not published"
    ]


def test_the_local_aws_publishes_every_metric_of_alarms_and_charts(
    resources: list[Resource],
) -> None:
    asked = {m for a in _of(resources, _ALARMS[0]) for m in map(_names, _watched(a))}
    asked |= {m for d in _of(resources, "aws_cloudwatch_dashboard") for m in map(_names, _drawn(d))}
    of_logs = {metric for metric in asked if metric[0] == "AWS/Logs" or not metric[2]}
    assert {(name, names) for _, name, names in asked - of_logs - _published()} == {
        ("RejectedConnectionCount", frozenset({"LoadBalancer"})),  # the local one has no limit
        ("ErrorPortAllocation", frozenset({"NatGatewayId"})),  # the local one has no traffic
        ("BytesOutToDestination", frozenset({"NatGatewayId"})),
    }


def test_every_resource_with_metrics_has_an_alarm(
    resources: list[Resource],
) -> None:
    watched: dict[str, set[str]] = defaultdict(set)
    for alarm in _of(resources, _ALARMS[0]):
        for _, _, dimensions in _watched(alarm):
            for dimension, value in dimensions.items():
                watched[dimension].add(value)

    known = _known(resources)
    del known["LogGroupName"]  # used for costs only
    assert watched == known


def test_every_alarm_names_a_runbook_that_exists(resources: list[Resource]) -> None:
    alarms = _of(resources, *_ALARMS)
    assert len(alarms) > 1
    pages = {alarm.values["alarm_name"]: _page(alarm) for alarm in alarms}

    assert [name for name, page in pages.items() if not page or not (PAGES / page).is_file()] == []


def test_every_runbook_is_named_by_an_alarm(resources: list[Resource]) -> None:
    named = {_page(alarm) for alarm in _of(resources, *_ALARMS)}

    assert {page.name for page in PAGES.glob("alarm-*.md")} == named


def test_a_runbook_names_every_alarm_that_links_to_it(resources: list[Resource]) -> None:
    for alarm in _of(resources, *_ALARMS):
        prefix = _of(resources, "aws_cloudwatch_dashboard")[0].values["dashboard_name"]
        name = alarm.values["alarm_name"].removeprefix(f"{prefix}-")
        name = re.sub(r"^nat-\d+", "nat-1", name)

        assert f"`{name}`" in (PAGES / (_page(alarm) or "")).read_text("utf-8")


def test_the_composite_alarm_names_existing_alarms(resources: list[Resource]) -> None:
    names = {alarm.values["alarm_name"] for alarm in _of(resources, _ALARMS[0])}

    for composite in _of(resources, _ALARMS[1]):
        asked = set(re.findall(r'ALARM\("([^"]+)"\)', composite.values["alarm_rule"]))
        assert asked
        assert asked <= names


def test_filters_and_saved_queries_read_existing_log_groups(resources: list[Resource]) -> None:
    groups = _known(resources)["LogGroupName"]
    queries = _of(resources, "aws_cloudwatch_query_definition")
    filters = _of(resources, "aws_cloudwatch_log_metric_filter")
    assert queries
    assert filters

    read = {name for query in queries for name in query.values["log_group_names"]}
    assert read | {each.values["log_group_name"] for each in filters} <= groups
