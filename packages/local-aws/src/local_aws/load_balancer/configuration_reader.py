"""Builds the model from answers of the Elastic Load Balancing v2 API."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from local_aws.load_balancer.configuration import (
    Action,
    Attributes,
    Condition,
    FixedResponse,
    Forward,
    HealthCheck,
    HostHeader,
    HttpHeader,
    Listener,
    LogPlace,
    PathPattern,
    Place,
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

Answer = Mapping[str, Any]
"""One element of an API answer, as boto3 gives it."""

_RESPONSE_HEADER = re.compile(r"routing\.http\.response\.(\w+)\.header_value")


def attributes(pairs: Sequence[Answer]) -> Attributes:
    """From the attributes of a load balancer; unknown ones are left out."""
    sent = {pair["Key"]: pair["Value"] for pair in pairs}

    def flag(name: str) -> bool:
        return str(sent.get(name, "false")).lower() == "true"

    def log_place(name: str) -> LogPlace | None:
        bucket = sent.get(f"{name}.s3.bucket")
        if not bucket or not flag(f"{name}.s3.enabled"):
            return None
        return LogPlace(bucket, (sent.get(f"{name}.s3.prefix") or "").strip("/"))

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
        access_logs=log_place("access_logs"),
        connection_logs=log_place("connection_logs"),
    )


def target_group(answer: Answer, pairs: Sequence[Answer], health: Sequence[Answer]) -> TargetGroup:
    """From a target group, its attributes and the descriptions of its targets' health."""
    sent = {pair["Key"]: pair["Value"] for pair in pairs}
    return TargetGroup(
        arn=answer["TargetGroupArn"],
        target_type=answer.get("TargetType") or "instance",
        target_ids=tuple(description["Target"]["Id"] for description in health),
        multi_value_headers=str(sent.get("lambda.multi_value_headers.enabled")).lower() == "true",
        health_check=_health_check(answer) if answer.get("HealthCheckEnabled") else None,
    )


def _health_check(answer: Answer) -> HealthCheck:
    return HealthCheck(
        path=answer.get("HealthCheckPath") or "/",
        interval_seconds=int(answer.get("HealthCheckIntervalSeconds") or 35),
        timeout_seconds=int(answer.get("HealthCheckTimeoutSeconds") or 30),
        healthy_threshold=int(answer.get("HealthyThresholdCount") or 5),
        unhealthy_threshold=int(answer.get("UnhealthyThresholdCount") or 2),
        codes=(answer.get("Matcher") or {}).get("HttpCode") or "200",
    )


def response_headers(pairs: Sequence[Answer]) -> tuple[tuple[str, str], ...]:
    """Headers that the attributes of a listener add to its answers.

    Source: Application Load Balancers guide, "HTTP header modification".
    """
    sent = [(_RESPONSE_HEADER.fullmatch(pair["Key"]), pair["Value"]) for pair in pairs]
    return tuple((key[1].replace("_", "-").title(), value) for key, value in sent if key and value)


def listener(
    load_balancer: Answer,
    answer: Answer,
    rules: Sequence[Answer],
    groups: Mapping[str, TargetGroup],
    of_load_balancer: Attributes,
    pairs: Sequence[Answer],
) -> Listener:
    """From a listener with its rules and attributes; ``groups`` are all target groups by ARN."""
    protocol = answer.get("Protocol", "HTTP")
    return Listener(
        arn=answer["ListenerArn"],
        load_balancer_arn=load_balancer["LoadBalancerArn"],
        load_balancer_name=load_balancer["LoadBalancerName"],
        dns_name=load_balancer["DNSName"],
        port=int(answer["Port"]),
        protocol=protocol,
        rules=tuple(
            sorted(
                (rule(each, groups) for each in rules),
                key=lambda each: (each.priority is None, each.priority or 0),
            )
        ),
        attributes=of_load_balancer,
        response_headers=response_headers(pairs),
        refusal=None if protocol in {"HTTP", "HTTPS"} else Unsupported(f"{protocol} listeners"),
        place=place(load_balancer),
    )


def place(load_balancer: Answer) -> Place:
    zones = load_balancer.get("AvailabilityZones") or ()
    return Place(
        group_ids=tuple(load_balancer.get("SecurityGroups") or ()),
        subnet_ids=tuple(zone["SubnetId"] for zone in zones if zone.get("SubnetId")),
        is_internal=load_balancer.get("Scheme") == "internal",
    )


def rule(answer: Answer, groups: Mapping[str, TargetGroup]) -> Rule:
    priority = answer.get("Priority", "default")
    return Rule(
        arn=answer["RuleArn"],
        priority=None if priority == "default" else int(priority),
        conditions=tuple(condition(each) for each in answer.get("Conditions") or ()),
        action=action(answer.get("Actions") or (), groups),
        transforms=tuple(transform(each) for each in answer.get("Transforms") or ()),
    )


def transform(answer: Answer) -> Transform:
    configuration = (
        answer.get("UrlRewriteConfig")
        if answer["Type"] == "url-rewrite"
        else answer.get("HostHeaderRewriteConfig")
    ) or {}
    rewrites = configuration.get("Rewrites") or ()
    return Transform(answer["Type"], tuple((each["Regex"], each["Replace"]) for each in rewrites))


def condition(answer: Answer) -> Condition:  # noqa: PLR0911 - one a kind
    """One condition; values may be in the field's own configuration or, as of old, beside it."""
    field = answer.get("Field", "")
    configuration = _configuration_of(answer, field)
    regexes = tuple(configuration.get("RegexValues") or answer.get("RegexValues") or ())
    values = configuration.get("Values") or answer.get("Values") or ()
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


def action(answers: Sequence[Answer], groups: Mapping[str, TargetGroup]) -> Action:
    """The action of a rule; whatever must happen before it (authentication) is not built."""
    ordered = sorted(answers, key=lambda each: int(each.get("Order") or 0))
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


def _fixed_response(configuration: Answer) -> FixedResponse:
    return FixedResponse(
        status=int(configuration["StatusCode"]),
        content_type=configuration.get("ContentType") or "text/plain",
        body=configuration.get("MessageBody") or "",
    )


def _redirect(configuration: Answer) -> Redirect:
    return Redirect(
        status=int(configuration["StatusCode"].removeprefix("HTTP_")),
        protocol=configuration.get("Protocol") or "#{protocol}",
        host=configuration.get("Host") or "#{host}",
        port=configuration.get("Port") or "#{port}",
        path=configuration.get("Path") or "/#{path}",
        # An empty query is a wish of its own: drop it.
        query=configuration.get("Query", "#{query}"),
    )


def _forward(answer: Answer, groups: Mapping[str, TargetGroup]) -> Action:
    configuration = answer.get("ForwardConfig") or {}
    tuples = configuration.get("TargetGroups") or [{"TargetGroupArn": answer["TargetGroupArn"]}]
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


def _configuration_of(answer: Answer, field: str) -> Answer:
    name = {
        "path-pattern": "PathPatternConfig",
        "host-header": "HostHeaderConfig",
        "http-header": "HttpHeaderConfig",
        "http-request-method": "HttpRequestMethodConfig",
        "query-string": "QueryStringConfig",
        "source-ip": "SourceIpConfig",
    }.get(field, "")
    found: Answer = answer.get(name) or {}
    return found
