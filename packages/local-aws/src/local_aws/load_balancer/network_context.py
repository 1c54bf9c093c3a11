"""What stands between clients, load balancers, functions and S3: firewalls and networks.

The mistakes people make there are answered by AWS with silence or with a 403, so they are read and
acted upon here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local_aws.lambda_runtime.function_version import FunctionVersion, Target
from local_aws.load_balancer.configuration import Configuration, Listener
from local_aws.vpc import clients
from local_aws.vpc import reachability as documents
from local_aws.vpc.network_reader import read_vpcs
from local_aws.vpc.networks import Vpcs
from local_aws.waf import web_acl_reader as firewall_reader
from local_aws.waf.web_acl import WebAcl

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_wafv2 import WAFV2Client


@dataclass(frozen=True, slots=True)
class Surroundings:
    """``web_acls`` are by the ARN of the load balancer that each is in front of."""

    vpcs: Vpcs
    web_acls: Mapping[str, WebAcl] = field(default_factory=dict)

    def around(self, configuration: Configuration) -> Configuration:
        """The configuration with what keeps clients from each listener."""
        return Configuration(tuple(self._reached(each) for each in configuration.listeners))

    def behind(self, targets: Mapping[str, Target]) -> dict[str, Target]:
        """The targets with what keeps each function from S3."""
        return {arn: self._connected(target) for arn, target in targets.items()}

    def _reached(self, listener: Listener) -> Listener:
        found = clients.obstacle(
            self.vpcs,
            port=listener.port,
            group_ids=listener.place.group_ids,
            subnet_ids=listener.place.subnet_ids,
            is_internal=listener.place.is_internal,
        )
        return listener if found is None else replace(listener, obstacle=found)

    def _connected(self, target: Target) -> Target:
        shares = tuple((self._with_way(version), share) for version, share in target.shares)
        return replace(target, shares=shares)

    def _with_way(self, version: FunctionVersion) -> FunctionVersion:
        found = documents.obstacle(
            self.vpcs, group_ids=version.group_ids, subnet_ids=version.subnet_ids
        )
        return version if found is None else replace(version, s3_obstacle=found)


class SurroundingsReader:
    """Reads them again and again; a web ACL that has not changed keeps the rates it counted."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, WebAcl]] = {}

    def read(
        self, ec2: EC2Client, waf: WAFV2Client, region: str, configuration: Configuration
    ) -> Surroundings:
        """Raises what boto3 raises."""
        acls = {}
        for arn in sorted({each.load_balancer_arn for each in configuration.listeners}):
            acl = self._web_acl(waf, arn)
            if acl is not None:
                acls[arn] = acl
        return Surroundings(read_vpcs(ec2, region), acls)

    def behind(self, ec2: EC2Client, region: str, target: Target) -> Target:
        """One target with what keeps its function from S3. Raises what boto3 raises."""
        if not any(version.subnet_ids for version, _ in target.shares):
            return target
        return Surroundings(read_vpcs(ec2, region)).behind({target.arn: target})[target.arn]

    def _web_acl(self, waf: WAFV2Client, arn: str) -> WebAcl | None:
        answers = firewall_reader.ask(waf, arn)
        if answers is None:
            self._known.pop(arn, None)
            return None
        known = self._known.get(arn)
        if known is None or known[0] != answers:
            self._known[arn] = known = (answers, firewall_reader.web_acl(*answers))
        return known[1]
