"""Web ACLs and networks around load balancers and functions.

Mistakes there give a timeout or a 403 on AWS, so they must have an effect here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local_aws.lambda_runtime.function_version import FunctionVersion, Target
from local_aws.load_balancer.configuration import Configuration, Listener
from local_aws.vpc.network_reader import read_networks
from local_aws.vpc.networks import Networks
from local_aws.vpc.reachability import client_obstacle, s3_obstacle
from local_aws.waf import web_acl_reader
from local_aws.waf.web_acl import WebAcl

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_wafv2 import WAFV2Client


@dataclass(frozen=True, slots=True)
class NetworkContext:
    """``web_acls`` are by the ARN of their load balancer."""

    networks: Networks
    web_acls: Mapping[str, WebAcl] = field(default_factory=dict)

    def with_client_obstacles(self, configuration: Configuration) -> Configuration:
        """Return the configuration with the obstacle of each listener that no client can reach."""
        return Configuration(tuple(map(self._with_client_obstacle, configuration.listeners)))

    def with_s3_obstacles(self, target: Target) -> Target:
        """Return the target with the obstacle of each version that cannot reach S3."""
        shares = tuple((self._with_s3_obstacle(version), share) for version, share in target.shares)
        return replace(target, shares=shares)

    def _with_client_obstacle(self, listener: Listener) -> Listener:
        obstacle = client_obstacle(
            self.networks,
            port=listener.port,
            group_ids=listener.network.group_ids,
            subnet_ids=listener.network.subnet_ids,
            is_internal=listener.network.is_internal,
        )
        return replace(listener, obstacle=obstacle)

    def _with_s3_obstacle(self, version: FunctionVersion) -> FunctionVersion:
        obstacle = s3_obstacle(
            self.networks, group_ids=version.group_ids, subnet_ids=version.subnet_ids
        )
        return replace(version, s3_obstacle=obstacle)


class NetworkContextReader:
    """Reads network contexts. An unchanged web ACL keeps its rate counters."""

    def __init__(self) -> None:
        self._web_acls: dict[str, tuple[Any, WebAcl]] = {}

    def read(
        self, ec2: EC2Client, waf: WAFV2Client, region: str, configuration: Configuration
    ) -> NetworkContext:
        """Read the context of every load balancer. Raises what boto3 raises."""
        acls = {}
        for arn in sorted({each.load_balancer_arn for each in configuration.listeners}):
            acl = self._read_web_acl(waf, arn)
            if acl is not None:
                acls[arn] = acl
        return NetworkContext(read_networks(ec2, region), acls)

    @staticmethod
    def read_target(ec2: EC2Client, region: str, target: Target) -> Target:
        """Return one target with its obstacles to S3. Raises what boto3 raises."""
        if not any(version.subnet_ids for version, _ in target.shares):
            return target
        return NetworkContext(read_networks(ec2, region)).with_s3_obstacles(target)

    def _read_web_acl(self, waf: WAFV2Client, arn: str) -> WebAcl | None:
        described = web_acl_reader.describe(waf, arn)
        if described is None:
            self._web_acls.pop(arn, None)
            return None
        known = self._web_acls.get(arn)
        if known is None or known[0] != described:
            self._web_acls[arn] = known = (described, web_acl_reader.web_acl(*described))
        return known[1]
