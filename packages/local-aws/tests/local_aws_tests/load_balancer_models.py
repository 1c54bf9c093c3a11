"""Requests, rules and listeners for the tests of the load balancer."""

from __future__ import annotations

from ipaddress import ip_address

from local_aws.load_balancer import rules
from local_aws.load_balancer.configuration import (
    Action,
    Attributes,
    Condition,
    FixedResponse,
    Forward,
    Listener,
    PathPattern,
    Rule,
    TargetGroup,
    Unsupported,
    WeightedGroup,
)
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.rules import RoutingDecision, RuleSet

FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:api:live"
GROUP = TargetGroup("arn:targetgroup/api", "lambda", (FUNCTION,))
NOT_FOUND = FixedResponse(404, "application/json", "{}")


def request(
    path: str = "/",
    query: str = "",
    *,
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (("host", "api.example.com"),),
    body: bytes = b"",
    peer: str = "127.0.0.1",
) -> Request:
    return Request(method, path, query, headers, body, ip_address(peer), 50000)


def forward(*groups: TargetGroup) -> Forward:
    return Forward(tuple(WeightedGroup(group.arn, 1, group) for group in groups))


def rule(priority: int | None, action: Action, *conditions: Condition) -> Rule:
    return Rule(f"arn:rule/{priority}", priority, conditions, action)


def decide(on: Listener, sent: Request, draw: float = 0.0, now: float = 0.0) -> RoutingDecision:
    """Evaluate the rules of a listener for a request."""
    found = RuleSet(on).match(sent)
    return rules.decide(found, sent, draw, now) if isinstance(found, Rule) else found


def listener(
    *rules: Rule,
    port: int = 80,
    protocol: str = "HTTP",
    name: str = "lb",
    attributes: Attributes | None = None,
    unsupported: Unsupported | None = None,
) -> Listener:
    return Listener(
        arn=f"arn:listener/{name}/{port}",
        load_balancer_arn=f"arn:loadbalancer/{name}",
        load_balancer_name=name,
        dns_name=f"{name}.eu-west-1.elb.amazonaws.com",
        port=port,
        protocol=protocol,
        rules=rules,
        attributes=attributes or Attributes(),
        unsupported=unsupported,
    )


API = listener(rule(10, forward(GROUP), PathPattern(("/health", "/api/*"))), rule(None, NOT_FOUND))
"""A listener with two paths for the function, and 404 for the rest."""
