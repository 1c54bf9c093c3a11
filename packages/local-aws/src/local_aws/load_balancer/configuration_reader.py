"""Reads load balancers through the Elastic Load Balancing v2 API."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from local_aws.load_balancer.configuration import (
    Action,
    Attributes,
    Condition,
    Configuration,
    FixedResponse,
    Forward,
    HealthCheck,
    HostHeader,
    HttpHeader,
    Listener,
    LogDestination,
    NetworkPlacement,
    PathPattern,
    QueryString,
    Redirect,
    RequestMethod,
    Rule,
    SourceIp,
    TargetGroup,
    Transform,
    Unsupported,
    WeightedGroup,
)

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

ApiItem = Mapping[str, Any]
"""An item of an API response, as boto3 returns it."""

_CONDITION_CONFIGURATIONS = {
    "path-pattern": "PathPatternConfig",
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_RESPONSE_HEADER = re.compile(r"routing\.http\.response\.(\w+)\.header_value")


def read_configuration(elbv2: ElasticLoadBalancingv2Client) -> Configuration:
    """Read the load balancers of an account and Region.

    Load balancers are in order of creation, listeners in order of ports. Raises what boto3 raises,
    also if something is deleted meanwhile.
    """
    balancers: list[Any] = [
        balancer
        for page in elbv2.get_paginator("describe_load_balancers").paginate()
        for balancer in page["LoadBalancers"]
        if balancer.get("Type", "application") == "application"
    ]
    balancers.sort(key=lambda each: (each["CreatedTime"], each["LoadBalancerName"]))
    described = [each for balancer in balancers for each in _describe_listeners(elbv2, balancer)]
    # Target groups come last: a group is created before the first rule that refers to it.
    groups = _read_target_groups(elbv2) if balancers else {}
    return Configuration(tuple(listener(*each, groups) for each in described))


def _read_target_groups(elbv2: ElasticLoadBalancingv2Client) -> dict[str, TargetGroup]:
    groups = {}
    for page in elbv2.get_paginator("describe_target_groups").paginate():
        for item in page["TargetGroups"]:
            arn = item["TargetGroupArn"]
            attributes = elbv2.describe_target_group_attributes(TargetGroupArn=arn)
            health = elbv2.describe_target_health(TargetGroupArn=arn)
            groups[arn] = target_group(
                item, attributes["Attributes"], health["TargetHealthDescriptions"]
            )
    return groups


def _describe_listeners(
    elbv2: ElasticLoadBalancingv2Client, balancer: Any
) -> list[tuple[Any, Any, list[Any], Attributes, Any]]:
    """Return the arguments of ``listener`` for every listener of a load balancer."""
    arn = balancer["LoadBalancerArn"]
    pairs = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    balancer_attributes = attributes(pairs)
    described: list[tuple[Any, Any, list[Any], Attributes, Any]] = []
    for page in elbv2.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn):
        for item in page["Listeners"]:
            listener_arn = item["ListenerArn"]
            rules: list[Any] = [
                rule
                for rules_page in elbv2.get_paginator("describe_rules").paginate(
                    ListenerArn=listener_arn
                )
                for rule in rules_page["Rules"]
            ]
            pairs = elbv2.describe_listener_attributes(ListenerArn=listener_arn)["Attributes"]
            described.append((balancer, item, rules, balancer_attributes, pairs))
    return sorted(described, key=lambda each: int(each[1]["Port"]))


def attributes(pairs: Sequence[ApiItem]) -> Attributes:
    """Read the attributes of a load balancer; unknown attributes are ignored."""
    sent = {pair["Key"]: pair["Value"] for pair in pairs}

    def flag(name: str) -> bool:
        return str(sent.get(name, "false")).lower() == "true"

    def log_destination(name: str) -> LogDestination | None:
        bucket = sent.get(f"{name}.s3.bucket")
        if not bucket or not flag(f"{name}.s3.enabled"):
            return None
        return LogDestination(bucket, (sent.get(f"{name}.s3.prefix") or "").strip("/"))

    mode = sent.get("routing.http.xff_header_processing.mode", "append")
    desync = sent.get("routing.http.desync_mitigation_mode", "defensive")
    return Attributes(
        idle_timeout_seconds=int(sent.get("idle_timeout.timeout_seconds") or 60),
        xff_mode=cast(
            Literal["append", "preserve", "remove"],
            mode if mode in {"preserve", "remove"} else "append",
        ),
        xff_client_port=flag("routing.http.xff_client_port.enabled"),
        preserve_host_header=flag("routing.http.preserve_host_header.enabled"),
        drop_invalid_headers=flag("routing.http.drop_invalid_header_fields.enabled"),
        desync_mode=cast(
            Literal["monitor", "defensive", "strictest"],
            desync if desync in {"monitor", "strictest"} else "defensive",
        ),
        access_logs=log_destination("access_logs"),
        connection_logs=log_destination("connection_logs"),
    )


def target_group(item: ApiItem, pairs: Sequence[ApiItem], health: Sequence[ApiItem]) -> TargetGroup:
    """Read a target group, its attributes and the health descriptions of its targets."""
    sent = {pair["Key"]: pair["Value"] for pair in pairs}
    return TargetGroup(
        arn=item["TargetGroupArn"],
        target_type=item.get("TargetType") or "instance",
        target_ids=tuple(description["Target"]["Id"] for description in health),
        multi_value_headers=str(sent.get("lambda.multi_value_headers.enabled")).lower() == "true",
        health_check=_health_check(item) if item.get("HealthCheckEnabled") else None,
    )


def _health_check(item: ApiItem) -> HealthCheck:
    return HealthCheck(
        path=item.get("HealthCheckPath") or "/",
        interval_seconds=int(item.get("HealthCheckIntervalSeconds") or 35),
        timeout_seconds=int(item.get("HealthCheckTimeoutSeconds") or 30),
        healthy_threshold=int(item.get("HealthyThresholdCount") or 5),
        unhealthy_threshold=int(item.get("UnhealthyThresholdCount") or 2),
        codes=(item.get("Matcher") or {}).get("HttpCode") or "200",
    )


def response_headers(pairs: Sequence[ApiItem]) -> tuple[tuple[str, str], ...]:
    """Read the headers that the attributes of a listener add to responses.

    Source: Application Load Balancers guide, "HTTP header modification".
    """
    sent = [(_RESPONSE_HEADER.fullmatch(pair["Key"]), pair["Value"]) for pair in pairs]
    return tuple((key[1].replace("_", "-").title(), value) for key, value in sent if key and value)


def listener(
    load_balancer: ApiItem,
    item: ApiItem,
    rules: Sequence[ApiItem],
    balancer_attributes: Attributes,
    pairs: Sequence[ApiItem],
    groups: Mapping[str, TargetGroup],
) -> Listener:
    """Read a listener with its rules and attributes; ``groups`` are all target groups by ARN."""
    protocol = item.get("Protocol", "HTTP")
    return Listener(
        arn=item["ListenerArn"],
        load_balancer_arn=load_balancer["LoadBalancerArn"],
        load_balancer_name=load_balancer["LoadBalancerName"],
        dns_name=load_balancer["DNSName"],
        port=int(item["Port"]),
        protocol=protocol,
        rules=tuple(
            sorted(
                (rule(each, groups) for each in rules),
                key=lambda each: (each.priority is None, each.priority or 0),
            )
        ),
        attributes=balancer_attributes,
        response_headers=response_headers(pairs),
        unsupported=None if protocol in {"HTTP", "HTTPS"} else Unsupported(f"{protocol} listeners"),
        network=network_placement(load_balancer),
    )


def network_placement(load_balancer: ApiItem) -> NetworkPlacement:
    zones = load_balancer.get("AvailabilityZones") or ()
    return NetworkPlacement(
        group_ids=tuple(load_balancer.get("SecurityGroups") or ()),
        subnet_ids=tuple(zone["SubnetId"] for zone in zones if zone.get("SubnetId")),
        is_internal=load_balancer.get("Scheme") == "internal",
    )


def rule(item: ApiItem, groups: Mapping[str, TargetGroup]) -> Rule:
    priority = item.get("Priority", "default")
    return Rule(
        arn=item["RuleArn"],
        priority=None if priority == "default" else int(priority),
        conditions=tuple(condition(each) for each in item.get("Conditions") or ()),
        action=action(item.get("Actions") or (), groups),
        transforms=tuple(transform(each) for each in item.get("Transforms") or ()),
    )


def transform(item: ApiItem) -> Transform:
    configuration = (
        item.get("UrlRewriteConfig")
        if item["Type"] == "url-rewrite"
        else item.get("HostHeaderRewriteConfig")
    ) or {}
    rewrites = configuration.get("Rewrites") or ()
    return Transform(item["Type"], tuple((each["Regex"], each["Replace"]) for each in rewrites))


def condition(item: ApiItem) -> Condition:  # noqa: PLR0911 - one a kind
    """Read a condition. Values are in the field's configuration or, in the old form, beside it."""
    field = item.get("Field", "")
    configuration = _condition_configuration(item, field)
    regexes = tuple(configuration.get("RegexValues") or item.get("RegexValues") or ())
    values = configuration.get("Values") or item.get("Values") or ()
    match field:
        case "path-pattern":
            return PathPattern(tuple(values), regexes)
        case "host-header":
            return HostHeader(tuple(values), regexes)
        case "http-header":
            name = configuration.get("HttpHeaderName", "").lower()
            return HttpHeader(name, tuple(values), regexes)
        case "http-request-method":
            return RequestMethod(tuple(values))
        case "query-string":
            return QueryString(tuple((pair.get("Key") or None, pair["Value"]) for pair in values))
        case "source-ip":
            return SourceIp(tuple(ipaddress.ip_network(value, strict=False) for value in values))
    return Unsupported(f"the condition {field}")


def action(items: Sequence[ApiItem], groups: Mapping[str, TargetGroup]) -> Action:
    """Read the action of a rule. Actions before the last one (authentication) are unsupported."""
    ordered = sorted(items, key=lambda each: int(each.get("Order") or 0))
    if not ordered:
        return Unsupported("a rule without an action")
    for first in ordered[:-1]:
        return Unsupported(f"the action {first.get('Type')}")
    last = ordered[-1]
    match last.get("Type"):
        case "fixed-response":
            return _fixed_response(last["FixedResponseConfig"])
        case "redirect":
            return _redirect(last["RedirectConfig"])
        case "forward":
            return _forward(last, groups)
    return Unsupported(f"the action {last.get('Type')}")


def _fixed_response(configuration: ApiItem) -> FixedResponse:
    return FixedResponse(
        status=int(configuration["StatusCode"]),
        content_type=configuration.get("ContentType") or "text/plain",
        body=configuration.get("MessageBody") or "",
    )


def _redirect(configuration: ApiItem) -> Redirect:
    return Redirect(
        status=int(configuration["StatusCode"].removeprefix("HTTP_")),
        protocol=configuration.get("Protocol") or "#{protocol}",
        host=configuration.get("Host") or "#{host}",
        port=configuration.get("Port") or "#{port}",
        path=configuration.get("Path") or "/#{path}",
        # An empty query removes the query; a missing one keeps it.
        query=configuration.get("Query", "#{query}"),
    )


def _forward(item: ApiItem, groups: Mapping[str, TargetGroup]) -> Action:
    configuration = item.get("ForwardConfig") or {}
    tuples = configuration.get("TargetGroups") or [{"TargetGroupArn": item["TargetGroupArn"]}]
    sticky = configuration.get("TargetGroupStickinessConfig") or {}
    is_sticky = sticky.get("Enabled", False) and len(tuples) > 1
    return Forward(
        tuple(
            WeightedGroup(
                arn=each["TargetGroupArn"],
                weight=int(each["Weight"]) if each.get("Weight") is not None else 1,
                group=groups.get(each["TargetGroupArn"]),
            )
            for each in tuples
        ),
        sticky_seconds=int(sticky.get("DurationSeconds") or 3600) if is_sticky else None,
    )


def _condition_configuration(item: ApiItem, field: str) -> ApiItem:
    found: ApiItem = item.get(_CONDITION_CONFIGURATIONS.get(field, "")) or {}
    return found
