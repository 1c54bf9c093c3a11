"""Checks of single resources that checkov does not ship.

checkov imports this file from ``--external-checks-dir``, in its own Python environment. Checks that
connect two resources are the YAML files beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY")
_SECRET_VALUE = re.compile(
    r"^(?:A(?:KIA|SIA)[A-Z0-9]{16}$|gh[opsu]_|github_pat_|xox[abp]-|sk_live_|-----BEGIN )"
    r"|://[^/\s:@]+:[^/\s:@]+@"
)
_RESULTS = {True: CheckResult.PASSED, False: CheckResult.FAILED, None: CheckResult.UNKNOWN}


class ResourceCheck(BaseResourceCheck):  # type: ignore[misc] # checkov is not installed here
    """A check whose ``passes`` returns True, False, or None if the value is not known."""

    def __init__(
        self,
        id: str,
        name: str,
        category: CheckCategories,
        types: list[str],
        passes: Callable[[Mapping[str, Any]], bool | None],
        *,
        source_only: bool = False,
    ) -> None:
        self._passes = passes
        self._source_only = source_only
        super().__init__(name=name, id=id, categories=[category], supported_resources=types)

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        # A plan shows computed blocks, such as rules that other resources add to a group.
        if self._source_only and ".json:" in self.entity_path:
            return CheckResult.UNKNOWN
        values = {
            name: value[0] if isinstance(value, list) and len(value) == 1 else value
            for name, value in conf.items()
        }
        return _RESULTS[self._passes(values)]


def _keeps_logs_for_a_time(group: Mapping[str, Any]) -> bool:
    return group.get("retention_in_days") not in (None, 0, "0", "")


def _has_an_action(alarm: Mapping[str, Any]) -> bool:
    return bool(alarm.get("alarm_actions")) and alarm.get("actions_enabled") is not False


def _has_a_boundary(role: Mapping[str, Any]) -> bool:
    return bool(role.get("permissions_boundary"))


def _has_no_secret(function: Mapping[str, Any]) -> bool:
    environment = function.get("environment")
    variables = environment.get("variables") if isinstance(environment, dict) else None
    if isinstance(variables, list) and variables:
        variables = variables[0]
    if not isinstance(variables, dict):
        return True
    return not any(_is_secret(name, str(value)) for name, value in variables.items())


def _is_secret(name: str, value: str) -> bool:
    if not value or value.startswith("arn:"):
        return False
    return bool(_SECRET_NAME.search(name.upper()) or _SECRET_VALUE.search(value))


def _has_no_inline_rules(group: Mapping[str, Any]) -> bool:
    return not (group.get("ingress") or group.get("egress"))


def _never(_: Mapping[str, Any]) -> bool:
    return False


def _does_not_route_to_the_internet(route: Mapping[str, Any]) -> bool:
    ranges = (route.get("destination_cidr_block"), route.get("destination_ipv6_cidr_block"))
    return not (route.get("gateway_id") and any(map(_is_everywhere, ranges)))


def _has_no_inline_route_to_the_internet(table: Mapping[str, Any]) -> bool:
    routes = table.get("route") or []
    return not any(
        route.get("gateway_id")
        and any(map(_is_everywhere, (route.get("cidr_block"), route.get("ipv6_cidr_block"))))
        for route in (routes if isinstance(routes, list) else [routes])
        if isinstance(route, dict)
    )


def _is_everywhere(text: object) -> bool:
    if isinstance(text, list):
        return any(map(_is_everywhere, text))
    try:
        return ip_network(str(text), strict=False).prefixlen == 0
    except ValueError:  # missing, or not known
        return False


def _requires_tls(bucket_policy: Mapping[str, Any]) -> bool | None:
    """Source: S3 User Guide, "Managing access based on HTTP or HTTPS requests"."""
    document = bucket_policy.get("policy")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:  # an expression
            return None
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(each, dict) for each in statements):
        return None
    return any(map(_denies_plain_http, statements))


def _denies_plain_http(statement: Mapping[str, Any]) -> bool:
    conditions = {
        key.lower(): str(value).lower()
        for key, value in statement.get("Condition", {}).get("Bool", {}).items()
    }
    return (
        statement.get("Effect") == "Deny"
        and "*" in _values(statement.get("Principal"))
        and any(action in ("*", "s3:*") for action in _values(statement.get("Action")))
        and conditions.get("aws:securetransport") == "false"
    )


def _values(element: Any) -> Iterator[str]:
    if isinstance(element, dict):
        element = list(element.values())
    if isinstance(element, list):
        for item in element:
            yield from _values(item)
    elif element is not None:
        yield str(element)


ResourceCheck(
    "TERRARIUM_LOG_RETENTION",
    "Ensure that a log group has a retention",
    CheckCategories.LOGGING,
    ["aws_cloudwatch_log_group"],
    _keeps_logs_for_a_time,
)
ResourceCheck(
    "TERRARIUM_ALARM_ACTION",
    "Ensure that an alarm has an enabled action",
    CheckCategories.LOGGING,
    ["aws_cloudwatch_composite_alarm", "aws_cloudwatch_metric_alarm"],
    _has_an_action,
)
ResourceCheck(
    "TERRARIUM_PERMISSIONS_BOUNDARY",
    "Ensure that a role or user has a permissions boundary",
    CheckCategories.IAM,
    ["aws_iam_role", "aws_iam_user"],
    _has_a_boundary,
)
ResourceCheck(
    "TERRARIUM_SECRET_IN_ENVIRONMENT",
    "Ensure that no environment variable of a function holds a secret",
    CheckCategories.SECRETS,
    ["aws_lambda_function"],
    _has_no_secret,
)
ResourceCheck(
    "TERRARIUM_INLINE_GROUP_RULE",
    "Ensure that a security group has no inline rules, which replace the rules of others",
    CheckCategories.NETWORKING,
    ["aws_security_group", "aws_default_security_group"],
    _has_no_inline_rules,
    source_only=True,
)
ResourceCheck(
    "TERRARIUM_OLD_GROUP_RULE",
    "Ensure that rules are aws_vpc_security_group_*_rule, which have an id",
    CheckCategories.NETWORKING,
    ["aws_security_group_rule"],
    _never,
)
ResourceCheck(
    "TERRARIUM_INTERNET_ROUTE",
    "Ensure that a route to an internet gateway has a reason",
    CheckCategories.NETWORKING,
    ["aws_route"],
    _does_not_route_to_the_internet,
)
ResourceCheck(
    "TERRARIUM_INLINE_INTERNET_ROUTE",
    "Ensure that an inline route to an internet gateway has a reason",
    CheckCategories.NETWORKING,
    ["aws_route_table", "aws_default_route_table"],
    _has_no_inline_route_to_the_internet,
    source_only=True,
)
ResourceCheck(
    "TERRARIUM_BUCKET_TLS",
    "Ensure that the policy of a bucket denies plain HTTP",
    CheckCategories.ENCRYPTION,
    ["aws_s3_bucket_policy"],
    _requires_tls,
)
