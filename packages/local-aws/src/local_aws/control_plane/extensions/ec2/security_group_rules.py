"""Descriptions of security group rules for address ranges, groups and prefix lists.

Source: EC2 API reference, SecurityGroupRule, PrefixListId, UserIdGroupPair and
ModifySecurityGroupRules.
"""

from __future__ import annotations

import inspect
from typing import Any

_PREFIX_LIST = "prefix_list_description"
"""Attribute that we add to a rule: moto keeps only the id of a prefix list."""


def init(original: Any, rule: Any, *args: Any, **given: Any) -> None:
    original(rule, *args, **given)
    named = inspect.signature(original).bind(rule, *args, **given).arguments
    setattr(rule, _PREFIX_LIST, (named.get("prefix_list_id") or {}).get("Description"))


def description(_: Any, rule: Any) -> str | None:
    found: str | None = (
        rule.ip_range.get("Description")
        or rule.source_group.get("Description")
        or getattr(rule, _PREFIX_LIST, None)
    )
    return found


def modify_security_group_rules(
    original: Any, backend: Any, group_id: str, rules: dict[str, Any]
) -> None:
    """Move a changed description from the address range, where moto always puts it."""
    original(backend, group_id, rules)
    group = backend.get_security_group_by_name_or_id(group_id)
    for rule in map(group.get_rule, rules):
        if rule.source_group and "Description" in rule.ip_range:
            rule.source_group["Description"] = rule.ip_range.pop("Description")
        elif rule.prefix_list_id and "Description" in rule.ip_range:
            setattr(rule, _PREFIX_LIST, rule.ip_range.pop("Description"))
