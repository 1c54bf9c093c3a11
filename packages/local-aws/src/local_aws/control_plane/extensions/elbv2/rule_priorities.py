"""Rules change places in one call: moto refuses a priority that another rule of the call gives up.

Source: Elastic Load Balancing API reference, SetRulePriorities: only the new order must be free of
conflicts.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import ELBv2Backend

from local_aws.control_plane.extensions.patching import around


def install() -> None:
    @around(ELBv2Backend, "set_rule_priorities")
    def together(original: Any, backend: Any, rule_priorities: list[dict[str, Any]]) -> Any:
        rules = backend.describe_rules(None, [each["RuleArn"] for each in rule_priorities])
        before = [(rule, rule.priority) for rule in rules]
        for rule in rules:
            rule.priority = None
        try:
            return original(backend, rule_priorities)
        except Exception:
            for rule, priority in before:
                rule.priority = priority
            raise
