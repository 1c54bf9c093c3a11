from __future__ import annotations

from typing import Any

import pytest
from terragrunt_runner import ResourceBlock

from terrarium.policy.configuration import Configuration
from terrarium.policy.rules import network
from terrarium.terraform.plan import Resource
from tests.unit.policy.plans import Reference, found, resource, unit

EVERYWHERE = "0.0.0.0/0"
INGRESS = "aws_vpc_security_group_ingress_rule.this"
EGRESS = "aws_vpc_security_group_egress_rule.this"
LOAD_BALANCER = (
    resource("aws_lb.this", security_groups=Reference("aws_security_group.public")),
    resource("aws_lb_listener.http", port=80),
    resource("aws_security_group.public", description="The load balancer"),
    resource("aws_security_group.other", description="Something else"),
)


def rule(group: str, port: int, **ranges: str) -> Resource:
    owner = Reference(f"aws_security_group.{group}")
    return resource(INGRESS, from_port=port, to_port=port, security_group_id=owner, **ranges)


@pytest.mark.parametrize(
    ("opened", "keys"),
    [
        (rule("public", 80, cidr_ipv4=EVERYWHERE), []),
        (rule("public", 80, cidr_ipv6="::/0"), []),
        (rule("public", 22, cidr_ipv4=EVERYWHERE), [f"app/{INGRESS}"]),
        (rule("other", 80, cidr_ipv4=EVERYWHERE), [f"app/{INGRESS}"]),
        (rule("other", 22, cidr_ipv6="::/0"), [f"app/{INGRESS}"]),
        (rule("other", 22, cidr_ipv6="0:0::/0"), [f"app/{INGRESS}"]),
        (rule("other", 22, cidr_ipv4="10.0.0.0/8"), []),
    ],
)
def test_only_the_load_balancers_own_ports_are_open_to_everywhere(
    opened: Resource, keys: list[str]
) -> None:
    plan = unit(*LOAD_BALANCER, opened)
    assert found(network.open_security_group_rules(plan)) == keys


def test_a_range_of_ports_around_a_listener_is_not_the_listeners() -> None:
    group = Reference("aws_security_group.public")
    wide = resource(
        INGRESS, from_port=80, to_port=90, security_group_id=group, cidr_ipv4=EVERYWHERE
    )
    plan = unit(*LOAD_BALANCER, wide)
    assert found(network.open_security_group_rules(plan)) == [f"app/{INGRESS}"]


def test_a_connection_to_everywhere_needs_a_reason_whatever_its_port() -> None:
    out = resource(EGRESS, from_port=443, to_port=443, cidr_ipv4=EVERYWHERE)
    plan = unit(*LOAD_BALANCER, out)
    assert found(network.open_security_group_rules(plan)) == [f"app/{EGRESS}"]


def test_rules_inside_a_group_are_found_and_computed_ones_are_not() -> None:
    group = resource("aws_security_group.this", ingress=[{"cidr_blocks": [EVERYWHERE]}])
    old = resource("aws_security_group_rule.this")
    assert found(network.rules_inside_a_group(unit(group, old))) == [
        "app/aws_security_group.this ingress",
        "app/aws_security_group_rule.this",
    ]
    computed = Configuration.of([ResourceBlock(group.base, frozenset({"name"}))])
    assert found(network.rules_inside_a_group(unit(group, configuration=computed))) == []


@pytest.mark.parametrize("description", [None, "", "Managed by Terraform"])
def test_a_rule_or_a_group_says_what_it_is_for(description: str | None) -> None:
    silent = unit(
        resource("aws_security_group.this", description=description),
        resource(EGRESS, description=description),
        resource("aws_security_group.described", description="Functions: connections out"),
    )
    assert found(network.undescribed_security_groups(silent)) == [
        "app/aws_security_group.this",
        f"app/{EGRESS}",
    ]


def acl_rule(**values: Any) -> Resource:
    return resource("aws_network_acl_rule.this", **values)


def test_an_acl_that_lets_in_from_everywhere_needs_a_reason_for_each_rule() -> None:
    inline = [
        {"rule_no": 100, "action": "allow", "cidr_block": EVERYWHERE},
        {"rule_no": 110, "action": "deny", "cidr_block": EVERYWHERE},
        {"rule_no": 120, "action": "allow", "cidr_block": "10.0.0.0/16"},
        {"rule_no": 130, "action": "allow", "cidr_block": "", "ipv6_cidr_block": "::/0"},
    ]
    plan = unit(
        resource("aws_network_acl.public", ingress=inline),
        acl_rule(rule_action="allow", cidr_block=EVERYWHERE, egress=False),
        resource("aws_network_acl_rule.out", rule_action="allow", cidr_block="::/0", egress=True),
    )
    assert found(network.open_network_acls(plan)) == [
        "app/aws_network_acl.public 100",
        "app/aws_network_acl.public 130",
        "app/aws_network_acl_rule.this",
    ]


def test_a_route_to_an_internet_gateway_needs_a_reason_and_one_to_nat_does_not() -> None:
    gateway = Reference("aws_internet_gateway.this")
    nat = Reference("aws_nat_gateway.this")
    inline = [{"cidr_block": EVERYWHERE, "gateway_id": "igw-1"}]
    plan = unit(
        resource("aws_route.internet", destination_cidr_block=EVERYWHERE, gateway_id=gateway),
        resource("aws_route.nat", destination_cidr_block=EVERYWHERE, nat_gateway_id=nat),
        resource("aws_route.peer", destination_cidr_block="10.1.0.0/16", gateway_id=gateway),
        resource("aws_route_table.inline", route=inline),
    )
    assert found(network.open_routes(plan)) == [
        "app/aws_route.internet",
        "app/aws_route_table.inline",
    ]
