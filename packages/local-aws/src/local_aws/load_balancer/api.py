"""The load balancers of an account and Region, through the public AWS API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.load_balancer import configuration_reader as reader
from local_aws.load_balancer.configuration import Attributes, Configuration, Listener, TargetGroup

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
    found = [each for balancer in balancers for each in _listeners(elbv2, balancer)]
    # After the rules: a target group is there before the first rule that names it.
    groups = _target_groups(elbv2)
    return Configuration(tuple(each.built(groups) for each in found))


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


@dataclass(frozen=True, slots=True)
class _Listener:
    """The answers of which a listener is built."""

    balancer: Any
    attributes: Attributes
    answer: Any
    rules: list[Any]
    own_attributes: Any

    def built(self, groups: dict[str, TargetGroup]) -> Listener:
        return reader.listener(
            self.balancer, self.answer, self.rules, groups, self.attributes, self.own_attributes
        )


def _listeners(elbv2: ElasticLoadBalancingv2Client, balancer: Any) -> list[_Listener]:
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
            listeners.append(_Listener(balancer, attributes, answer, rules, own["Attributes"]))
    return sorted(listeners, key=lambda each: int(each.answer["Port"]))
