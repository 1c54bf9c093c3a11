"""Lambda functions as targets: one in a target group, and no health without health checks.

Source: Application Load Balancers guide, "Lambda functions as targets"; Elastic Load Balancing API
reference, RegisterTargets and TargetHealth.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import FakeHealthStatus


def register(original: Any, group: Any, targets: list[dict[str, Any]]) -> None:
    if group.target_type == "lambda":
        registered = {*group.targets, *(target["Id"] for target in targets)}
        if len(registered) > 1:
            message = f"Target group '{group.arn}' can only have one Lambda function"
            raise ELBClientError("TooManyTargets", message)
    original(group, targets)


def health_for(original: Any, group: Any, target: dict[str, Any], ec2: Any) -> Any:
    is_checked = group.target_type != "lambda" or group.health_check_enabled
    if is_checked or target["Id"] not in group.targets:
        return original(group, target, ec2)
    return FakeHealthStatus(
        target["Id"],
        group.targets[target["Id"]]["Port"],
        None,
        "unavailable",
        "Target.HealthCheckDisabled",
        "Health checks are not enabled for the target group",
    )
