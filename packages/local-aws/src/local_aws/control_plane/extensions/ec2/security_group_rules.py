"""A security group rule keeps its description whatever it names: addresses, a group, a prefix list.

moto keeps that of addresses only. Source: EC2 API reference, SecurityGroupRule, PrefixListId,
UserIdGroupPair and ModifySecurityGroupRules.
"""

from __future__ import annotations

import inspect
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

from local_aws.control_plane.extensions.patching import around

_OF_PREFIX_LIST = "prefix_list_description"
"""An attribute of ours: moto keeps no more of a prefix list than its id."""


def install() -> None:
    """Keep, show and change the descriptions."""

    @around(SecurityGroupRule, "__init__")
    def make(original: Any, rule: Any, *args: Any, **given: Any) -> None:
        original(rule, *args, **given)
        named = inspect.signature(original).bind(rule, *args, **given).arguments
        prefix_list = named.get("prefix_list_id") or {}
        setattr(rule, _OF_PREFIX_LIST, prefix_list.get("Description"))

    @around(SecurityGroupBackend, "modify_security_group_rules")
    def modify(original: Any, backend: Any, group_id: str, rules: dict[str, Any]) -> None:
        original(backend, group_id, rules)
        group = backend.get_security_group_by_name_or_id(group_id)
        for rule in map(group.get_rule, rules):
            _put_where_it_belongs(rule)

    SecurityGroupRule.description = property(_description)


def _description(rule: Any) -> str | None:
    described: str | None = (
        rule.ip_range.get("Description")
        or rule.source_group.get("Description")
        or getattr(rule, _OF_PREFIX_LIST, None)
    )
    return described


def _put_where_it_belongs(rule: Any) -> None:
    """moto writes a changed description to the addresses, even of a rule that has none."""
    if rule.source_group and "Description" in rule.ip_range:
        rule.source_group["Description"] = rule.ip_range.pop("Description")
    elif rule.prefix_list_id and "Description" in rule.ip_range:
        setattr(rule, _OF_PREFIX_LIST, rule.ip_range.pop("Description"))
