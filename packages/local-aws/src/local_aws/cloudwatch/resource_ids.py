"""Names of load balancers in logs and metrics, and those of log files.

Source: Application Load Balancers guide, "Access logs" and "Connection logs", log files; Elastic
Load Balancing API reference for ARNs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

NODE = "127.0.0.1"
"""The address of the one node that a load balancer has here."""


@dataclass(frozen=True, slots=True)
class BalancerName:
    """``resource_id`` is like ``app/lb/50dc6c495c0c9188``: what metrics and log lines say."""

    region: str
    account: str
    resource_id: str

    @classmethod
    def from_arn(cls, arn: str) -> BalancerName:
        """From ``arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID``."""
        _, _, _, region, account, resource = arn.split(":", 5)
        return cls(region, account, resource.removeprefix("loadbalancer/"))


def group_name(arn: str) -> str:
    """``targetgroup/NAME/ID``, as metrics say it."""
    return arn.rpartition(":")[2]


class Kind(Enum):
    """What a file holds, as the beginning of its name."""

    ACCESS = ""
    CONNECTIONS = "conn_log."


def file_key(
    balancer: BalancerName, prefix: str, kind: Kind, end: datetime, delivered: datetime, unique: str
) -> str:
    """The key of a log file for the interval that ends at ``end``; both moments are in UTC."""
    return (
        f"{_folder(balancer, prefix)}elasticloadbalancing/{balancer.region}/{delivered:%Y/%m/%d}/"
        f"{kind.value}{balancer.account}_elasticloadbalancing_{balancer.region}_"
        f"{balancer.resource_id.replace('/', '.')}_{end:%Y%m%dT%H%MZ}_{NODE}_{unique}.log.gz"
    )


def _folder(balancer: BalancerName, prefix: str) -> str:
    return f"{prefix}/AWSLogs/{balancer.account}/" if prefix else f"AWSLogs/{balancer.account}/"
