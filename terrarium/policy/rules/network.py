"""What may reach what: security groups, network ACLs, routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from terrarium.policy.finding import Finding
from terrarium.policy.units import UnitPlan
from terrarium.terraform.plan import Plan, Resource

_RULES = {
    "aws_vpc_security_group_ingress_rule": "ingress",
    "aws_vpc_security_group_egress_rule": "egress",
}
_GROUPS = ("aws_security_group", "aws_default_security_group")
_ACLS = ("aws_network_acl", "aws_default_network_acl")
_DEFAULT_DESCRIPTION = "Managed by Terraform"


def open_security_group_rules(unit: UnitPlan) -> Iterator[Finding]:
    """A security group opens to everywhere only the ports on which the load balancer listens."""
    ports = {listener.get("port") for listener in unit.plan.of("aws_lb_listener")}
    public = _groups_of_load_balancers(unit.plan)
    for rule in unit.plan.of(*_RULES):
        direction = _RULES[rule.type]
        serves = (
            direction == "ingress"
            and rule.get("from_port") == rule.get("to_port")
            and rule.get("from_port") in ports
            and any(rule.refers_to("security_group_id", group) for group in public)
        )
        if _is_everywhere(rule.get("cidr_ipv4"), rule.get("cidr_ipv6")) and not serves:
            yield Finding(unit.unit, rule.base, f"{direction} is open to everywhere")


def rules_inside_a_group(unit: UnitPlan) -> Iterator[Finding]:
    """Rules are resources of their own: those inside a group replace whatever others add."""
    for group in unit.plan.of(*_GROUPS):
        for direction in ("ingress", "egress"):
            if unit.written_blocks(group, direction):
                yield Finding(unit.unit, group.base, f"it has {direction} rules inside", direction)
    for rule in unit.plan.of("aws_security_group_rule"):
        yield Finding(unit.unit, rule.base, "use aws_vpc_security_group_*_rule, which has an id")


def undescribed_security_groups(unit: UnitPlan) -> Iterator[Finding]:
    """Every security group and every rule says what it is for."""
    for resource in unit.plan.of(*_RULES, "aws_security_group"):
        if resource.get("description") in (None, "", _DEFAULT_DESCRIPTION):
            yield Finding(unit.unit, resource.base, "it has no description")


def open_network_acls(unit: UnitPlan) -> Iterator[Finding]:
    """A network ACL lets in from everywhere only with a reason.

    An ACL keeps no connections in mind, so that what answers must be let in as well: a reason says
    which answers, or that the security groups are the gate.
    """
    for acl in unit.plan.of(*_ACLS):
        for rule in unit.written_blocks(acl, "ingress"):
            yield from _open_acl_rule(unit, acl, rule, rule.get("action"), rule.get("rule_no"))
    for resource in unit.plan.of("aws_network_acl_rule"):
        if not resource.get("egress"):
            values = resource.values
            yield from _open_acl_rule(unit, resource, values, values.get("rule_action"), None)


def open_routes(unit: UnitPlan) -> Iterator[Finding]:
    """A route from everywhere to everywhere, an internet gateway's, has a reason."""
    for route in unit.plan.of("aws_route"):
        if route.is_set("gateway_id") and _is_everywhere(
            route.get("destination_cidr_block"), route.get("destination_ipv6_cidr_block")
        ):
            yield Finding(unit.unit, route.base, "it leads to the internet, and back")
    for table in unit.plan.of("aws_route_table", "aws_default_route_table"):
        for inline in unit.written_blocks(table, "route"):
            if inline.get("gateway_id") and _is_everywhere(
                inline.get("cidr_block"), inline.get("ipv6_cidr_block")
            ):
                yield Finding(unit.unit, table.base, "it leads to the internet, and back")


def _groups_of_load_balancers(plan: Plan) -> list[Resource]:
    return [
        group
        for group in plan.of("aws_security_group")
        if any(balancer.refers_to("security_groups", group) for balancer in plan.of("aws_lb"))
    ]


def _open_acl_rule(
    unit: UnitPlan, acl: Resource, rule: Mapping[str, Any], action: object, number: object
) -> Iterable[Finding]:
    everywhere = _is_everywhere(rule.get("cidr_block"), rule.get("ipv6_cidr_block"))
    if action == "allow" and everywhere:
        detail = "" if number is None else str(number)
        yield Finding(unit.unit, acl.base, "it lets in from everywhere", detail)


def _is_everywhere(*ranges: str | None) -> bool:
    return any(text and ip_network(text, strict=False).prefixlen == 0 for text in ranges)
