"""The rules by the names that ``live/policy.toml`` and the report call them."""

from __future__ import annotations

from collections.abc import Mapping

from terrarium.policy.finding import Comparison, Rule
from terrarium.policy.rules import access, network, sizes, storage, watching

RULES: Mapping[str, Rule] = {
    "buckets-without-tls": storage.buckets_without_tls,
    "endless-logs": watching.endless_logs,
    "open-network-acls": network.open_network_acls,
    "open-routes": network.open_routes,
    "open-security-group-rules": network.open_security_group_rules,
    "public-buckets": storage.public_buckets,
    "roles-without-a-boundary": access.roles_without_a_boundary,
    "rules-inside-a-group": network.rules_inside_a_group,
    "secrets-in-the-environment": access.secrets_in_the_environment,
    "silent-alarms": watching.silent_alarms,
    "undescribed-security-groups": network.undescribed_security_groups,
    "unencrypted-buckets": storage.unencrypted_buckets,
    "unprotected-data": storage.unprotected_data,
    "unversioned-buckets": storage.unversioned_buckets,
    "wildcards": access.wildcards,
}

COMPARISONS: Mapping[str, Comparison] = {"smaller-in-production": sizes.smaller}
"""Held against each unit of a protected environment and the same unit of one that is not."""
