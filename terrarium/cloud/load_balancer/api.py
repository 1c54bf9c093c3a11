"""The load balancers of an account and Region, through the public AWS API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terrarium.cloud.load_balancer import reader
from terrarium.cloud.load_balancer.model import Configuration, Listener, TargetGroup

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


def read_configuration(elbv2: ElasticLoadBalancingv2Client) -> Configuration:
    """What is configured now; load balancers in order of creation, listeners by port.

    Raises what boto3 raises, also when something disappears while it is read.
    """
    balancers: list[Any] = [
        balancer
        for page in elbv2.get_paginator("describe_load_balancers").paginate()
        for balancer in page["LoadBalancers"]
        if balancer.get("Type", "application") == "application"
    ]
    if not balancers:
        return Configuration()
    balancers.sort(key=lambda each: (each["CreatedTime"], each["LoadBalancerName"]))
    groups = _target_groups(elbv2)
    return Configuration(
        tuple(
            listener for balancer in balancers for listener in _listeners(elbv2, balancer, groups)
        )
    )


def _target_groups(elbv2: ElasticLoadBalancingv2Client) -> dict[str, TargetGroup]:
    groups = {}
    for page in elbv2.get_paginator("describe_target_groups").paginate():
        for answer in page["TargetGroups"]:
            arn = answer["TargetGroupArn"]
            attributes = elbv2.describe_target_group_attributes(TargetGroupArn=arn)
            health = elbv2.describe_target_health(TargetGroupArn=arn)
            groups[arn] = reader.target_group(
                answer, attributes["Attributes"], health["TargetHealthDescriptions"]
            )
    return groups


def _listeners(
    elbv2: ElasticLoadBalancingv2Client, balancer: Any, groups: dict[str, TargetGroup]
) -> list[Listener]:
    arn = balancer["LoadBalancerArn"]
    pairs = elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    attributes = reader.attributes(pairs)
    listeners = []
    for page in elbv2.get_paginator("describe_listeners").paginate(LoadBalancerArn=arn):
        for answer in page["Listeners"]:
            rules = [
                rule
                for rules_page in elbv2.get_paginator("describe_rules").paginate(
                    ListenerArn=answer["ListenerArn"]
                )
                for rule in rules_page["Rules"]
            ]
            own = elbv2.describe_listener_attributes(ListenerArn=answer["ListenerArn"])
            listeners.append(
                reader.listener(balancer, answer, rules, groups, attributes, own["Attributes"])
            )
    return sorted(listeners, key=lambda each: each.port)
