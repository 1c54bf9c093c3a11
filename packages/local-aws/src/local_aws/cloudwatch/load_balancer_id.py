"""Identifiers of load balancers and target groups in logs and metrics.

Source: Elastic Load Balancing API reference for the ARNs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadBalancerId:
    """``resource_id`` is like ``app/lb/50dc6c495c0c9188``."""

    region: str
    account: str
    resource_id: str

    @classmethod
    def from_arn(cls, arn: str) -> LoadBalancerId:
        """Parse ``arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID``."""
        _, _, _, region, account, resource = arn.split(":", 5)
        return cls(region, account, resource.removeprefix("loadbalancer/"))


def target_group_id(arn: str) -> str:
    """Return ``targetgroup/NAME/ID``."""
    return arn.rpartition(":")[2]
