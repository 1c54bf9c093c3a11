"""Route from a function in a VPC to S3: through a gateway endpoint or over the internet.

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
    """A gateway endpoint for S3 with its policy document."""

    id: str
    vpc_id: str
    policy: str


class NoRouteError(Exception):
    """The function cannot reach S3; on AWS its requests would time out."""


def find_endpoint(account: str, region: str, subnet_ids: Sequence[str]) -> Endpoint | None:
    """Return the gateway endpoint for requests from these subnets, or None for the internet.

    A function may run in any of its subnets. If their routes differ, the internet counts: a
    policy that allows the request then allows it from every subnet. Raises NoRouteError.
    """
    ec2 = ec2_backends[account][region]
    routes = [_route(ec2, subnet, region) for subnet in subnet_ids]
    return None if None in routes or not routes else routes[0]


def _route(ec2: Any, subnet_id: str, region: str) -> Endpoint | None:
    table = _route_table(ec2, subnet_id)
    if table is None:
        raise NoRouteError(f"{subnet_id} does not exist")
    for each in ec2.vpc_end_points.values():
        to_s3 = each.service_name == f"com.amazonaws.{region}.s3"
        gateway = (each.vpc_endpoint_type or "Gateway") == "Gateway"
        if to_s3 and gateway and table.id in each.route_table_ids:
            return Endpoint(each.id, each.vpc_id, each.policy_document)
    if any(_leads_to_internet(route) for route in table.routes):
        return None
    raise NoRouteError(f"the routes of {subnet_id} lead neither to an endpoint for S3 nor out")


def _route_table(ec2: Any, subnet_id: str) -> Any:
    subnet = next((zone[subnet_id] for zone in ec2.subnets.values() if subnet_id in zone), None)
    if subnet is None:
        return None
    tables = [each for each in ec2.route_tables.values() if each.vpc_id == subnet.vpc_id]
    associated = next((each for each in tables if subnet_id in each._associations.values()), None)
    return associated or next((each for each in tables if each.main_association_id), None)


def _leads_to_internet(route: Any) -> bool:
    """Return whether a function can use the route; for an internet gateway it has no address."""
    return route.destination_cidr_block == _ANYWHERE and any(
        (route.nat_gateway, route.transit_gateway, route.instance, route.interface)
    )
