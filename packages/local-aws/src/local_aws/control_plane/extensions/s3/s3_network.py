"""The way from a function to S3: through a gateway endpoint, over the internet, or none.

Source: VPC guide, "Gateway endpoints for Amazon S3"; Lambda developer guide, "Giving Lambda
functions access to resources in an Amazon VPC".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A gateway endpoint for S3. ``policy`` is its document."""

    id: str
    vpc_id: str
    policy: str


class NoWayError(Exception):
    """The function cannot reach S3 at all; on AWS its requests would time out."""


def endpoint_of(account: str, region: str, subnet_ids: Sequence[str]) -> Endpoint | None:
    """The endpoint that requests from these subnets go through, or None: over the internet.

    A function may run in any of its subnets. Where they differ, the way without an endpoint
    counts: what then works here also works on AWS. Raises NoWayError.
    """
    ec2 = ec2_backends[account][region]
    ways = [_way(ec2, subnet, region) for subnet in subnet_ids]
    return None if None in ways or not ways else ways[0]


def _way(ec2: Any, subnet_id: str, region: str) -> Endpoint | None:
    table = _route_table(ec2, subnet_id)
    if table is None:
        raise NoWayError(f"{subnet_id} does not exist")
    for each in ec2.vpc_end_points.values():
        to_s3 = each.service_name == f"com.amazonaws.{region}.s3"
        gateway = (each.vpc_endpoint_type or "Gateway") == "Gateway"
        if to_s3 and gateway and table.id in each.route_table_ids:
            return Endpoint(each.id, each.vpc_id, each.policy_document)
    if any(_leads_out(route) for route in table.routes):
        return None
    raise NoWayError(f"the routes of {subnet_id} lead neither to an endpoint for S3 nor out")


def _route_table(ec2: Any, subnet_id: str) -> Any:
    subnet = next((zone[subnet_id] for zone in ec2.subnets.values() if subnet_id in zone), None)
    if subnet is None:
        return None
    tables = [each for each in ec2.route_tables.values() if each.vpc_id == subnet.vpc_id]
    own = next((each for each in tables if subnet_id in each._associations.values()), None)
    return own or next((each for each in tables if each.main_association_id), None)


def _leads_out(route: Any) -> bool:
    """Through a NAT gateway and the like. A function has no public address for a gateway's sake."""
    return route.destination_cidr_block == _ANYWHERE and any(
        (route.nat_gateway, route.transit_gateway, route.instance, route.interface)
    )
