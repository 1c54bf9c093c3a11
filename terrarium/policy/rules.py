"""Rules over the plans of units, for what a scanner of single resources cannot see.

A rule reads the plan of one unit: several resources together, or single statements of a policy
document. A comparison reads the plans of the same unit in two environments. The names in ``RULES``
and ``COMPARISONS`` are those in ``live/policy.toml`` and in the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, TypeAlias

from terrarium.policy.plan import Plan, Resource
from terrarium.policy.statements import Statement, statements
from terrarium.policy.unit_plan import UnitPlan


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation of a rule in the plan of a unit.

    ``address`` is the resource's, without instance keys. ``detail`` distinguishes findings of one
    resource: a statement, an attribute.
    """

    unit: str
    address: str
    message: str
    detail: str = ""

    @property
    def key(self) -> str:
        """The key in ``live/policy.toml``; the same in every environment."""
        return f"{self.unit}/{self.address}" + (f" {self.detail}" if self.detail else "")


Rule: TypeAlias = Callable[[UnitPlan], Iterable[Finding]]
"""Reads the plan of one unit."""

Comparison: TypeAlias = Callable[[UnitPlan, UnitPlan], Iterable[Finding]]
"""Reads the plans of one unit: in a protected environment, and in another."""

_KEY_POLICIES = ("aws_kms_key", "aws_kms_key_policy", "aws_kms_replica_key")
_ARN_PARTS = 5

_GROUP_RULES = {
    "aws_vpc_security_group_ingress_rule": "ingress",
    "aws_vpc_security_group_egress_rule": "egress",
}
_ACLS = ("aws_network_acl", "aws_default_network_acl")

_PROTECTION = {
    "aws_cloudtrail_event_data_store": "termination_protection_enabled",
    "aws_cognito_user_pool": "deletion_protection",
    "aws_db_instance": "deletion_protection",
    "aws_dynamodb_table": "deletion_protection_enabled",
    "aws_efs_file_system": None,
    "aws_kms_key": None,
    "aws_lb": "enable_deletion_protection",
    "aws_rds_cluster": "deletion_protection",
    "aws_s3_bucket": None,
    "aws_secretsmanager_secret": None,
}
"""Types that hold data or a public address, with the argument that protects them."""

_UNLIMITED = {"reserved_concurrent_executions": -1, "retention_in_days": 0}
"""Numbers that mean "no limit"."""


def wildcards(unit: UnitPlan) -> Iterator[Finding]:
    """No statement allows every action, resource or principal, or all but some."""
    for resource in unit.plan.resources:
        for statement in statements(unit, resource):
            found = list(_wildcards_of(resource, statement)) if statement.allows else []
            if found:
                message = f"it allows {', '.join(found)}"
                yield Finding(unit.unit, resource.base, message, statement.name)


def _wildcards_of(resource: Resource, statement: Statement) -> Iterator[str]:
    yield from (f"the action {action}" for action in statement.actions if "*" in action)
    # In a key policy, * is the key itself: KMS Developer Guide, "Elements of a key policy".
    if resource.type not in _KEY_POLICIES:
        every = (name for name in statement.resources if _is_every_resource(name))
        yield from (f"the resource {name}" for name in every)
    if "*" in statement.principals:
        yield "every principal"
    yield from (f"all but its {element}" for element in statement.inverted)


def _is_every_resource(name: str) -> bool:
    """Return True for ``*`` and for an ARN without a name: ``arn:aws:s3:::*``."""
    parts = name.split(":", _ARN_PARTS)
    return not parts[-1].strip("*/:")


def open_security_group_rules(unit: UnitPlan) -> Iterator[Finding]:
    """Only the ports of the load balancer's listeners are open to everywhere."""
    ports = {listener.get("port") for listener in unit.plan.of("aws_lb_listener")}
    public = _groups_of_load_balancers(unit.plan)
    for rule in unit.plan.of(*_GROUP_RULES):
        direction = _GROUP_RULES[rule.type]
        is_listener = (
            direction == "ingress"
            and rule.get("from_port") == rule.get("to_port")
            and rule.get("from_port") in ports
            and any(rule.refers_to("security_group_id", group) for group in public)
        )
        if _is_everywhere(rule.get("cidr_ipv4"), rule.get("cidr_ipv6")) and not is_listener:
            yield Finding(unit.unit, rule.base, f"{direction} is open to everywhere")


def _groups_of_load_balancers(plan: Plan) -> list[Resource]:
    return [
        group
        for group in plan.of("aws_security_group")
        if any(balancer.refers_to("security_groups", group) for balancer in plan.of("aws_lb"))
    ]


def open_network_acls(unit: UnitPlan) -> Iterator[Finding]:
    """Each rule of a network ACL that lets in from everywhere has a reason.

    An ACL is stateless, so answers must be let in too. The reason says which answers, or that
    security groups decide.
    """
    for acl in unit.plan.of(*_ACLS):
        for rule in unit.written_blocks(acl, "ingress"):
            if rule.get("action") == "allow" and _is_open(rule):
                detail = str(rule.get("rule_no"))
                yield Finding(unit.unit, acl.base, "it lets in from everywhere", detail)
    for resource in unit.plan.of("aws_network_acl_rule"):
        is_ingress = not resource.get("egress")
        if is_ingress and resource.get("rule_action") == "allow" and _is_open(resource.values):
            yield Finding(unit.unit, resource.base, "it lets in from everywhere")


def _is_open(acl_rule: Mapping[str, Any]) -> bool:
    return _is_everywhere(acl_rule.get("cidr_block"), acl_rule.get("ipv6_cidr_block"))


def _is_everywhere(*ranges: str | None) -> bool:
    return any(text and ip_network(text, strict=False).prefixlen == 0 for text in ranges)


def unprotected_data(unit: UnitPlan) -> Iterator[Finding]:
    """In a protected environment, data has deletion protection or prevent_destroy."""
    if not unit.is_protected:
        return
    for resource in unit.plan.of(*_PROTECTION):
        argument = _PROTECTION[resource.type]
        is_protected = argument is not None and resource.get(argument) in (True, "ACTIVE")
        if not is_protected and not unit.configuration.keeps(resource):
            wanted = "prevent_destroy" if argument is None else f"{argument} or prevent_destroy"
            yield Finding(unit.unit, resource.base, f"it holds data without {wanted}")


def smaller(protected: UnitPlan, other: UnitPlan) -> Iterator[Finding]:
    """No number, list or count of resources is smaller in production.

    Values that are known in one of the two plans only are not compared.
    """
    unit = protected.unit
    there, here = _counts(other), _counts(protected)
    for address, count in there.items():
        if here[address] < count:
            yield Finding(unit, address, f"{here[address]} of them, {count} in {other.environment}")
    by_address = {resource.address: resource for resource in other.plan.resources}
    seen: set[str] = set()
    for resource in protected.plan.resources:
        counterpart = by_address.get(resource.address)
        if counterpart is None:
            continue
        numbers = dict(_numbers(counterpart.values, ""))
        for path, number in _numbers(resource.values, ""):
            finding = Finding(
                unit,
                resource.base,
                f"{path} is {number:g}, {numbers.get(path, 0):g} in {other.environment}",
                path,
            )
            if _is_smaller(path, number, numbers.get(path)) and finding.key not in seen:
                seen.add(finding.key)
                yield finding


def _counts(unit: UnitPlan) -> Counter[str]:
    return Counter(resource.base for resource in unit.plan.resources)


def _numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """Yield every number below a value with its path (``a.0.b``).

    A list counts with its length, unless its blocks are empty: such a block is a switch
    (``count {}``).
    """
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        if not value or any(_has_content(item) for item in value):
            yield path, len(value)
        for position, item in enumerate(value):
            yield from _numbers(item, f"{path}.{position}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _has_content(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_content(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_content(item) for item in value)
    return value is not None


def _is_smaller(path: str, here: float, there: float | None) -> bool:
    if there is None:
        return False
    unlimited = _UNLIMITED.get(path)
    if here == unlimited:
        return False
    return there == unlimited or here < there


RULES: Mapping[str, Rule] = {
    "open-network-acls": open_network_acls,
    "open-security-group-rules": open_security_group_rules,
    "unprotected-data": unprotected_data,
    "wildcards": wildcards,
}

COMPARISONS: Mapping[str, Comparison] = {"smaller-in-production": smaller}
