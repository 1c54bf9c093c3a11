"""Whether a function in a VPC reaches S3."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

from local_aws.vpc.networks import CLIENT_PORTS, Route, Subnet, Vpcs

_HTTPS = 443


def obstacle(vpcs: Vpcs, *, group_ids: Sequence[str], subnet_ids: Sequence[str]) -> str | None:
    """What keeps a function from S3, or None. One without subnets is in no VPC: nothing does.

    A function runs in any of its subnets, so that each of them needs a way.
    """
    if not subnet_ids:
        return None
    if not _may_leave(vpcs, group_ids):
        return (
            f"{' and '.join(group_ids)} has no egress rule for tcp/{_HTTPS} to S3 "
            f"({vpcs.s3_prefix_list or 'its prefix list'}, or a range that holds it)"
        )
    for subnet in (vpcs.subnets[each] for each in subnet_ids if each in vpcs.subnets):
        found = _obstacle_in(vpcs, subnet)
        if found is not None:
            return found
    return None


def _may_leave(vpcs: Vpcs, group_ids: Sequence[str]) -> bool:
    return any(
        vpcs.s3_prefix_list in opening.prefix_lists
        or any(_holds_s3(vpcs, network) for network in opening.networks)
        for each in group_ids
        if each in vpcs.groups
        for opening in vpcs.groups[each].egress
        if opening.is_for(_HTTPS)
    )


def _obstacle_in(vpcs: Vpcs, subnet: Subnet) -> str | None:
    route = _route_to_s3(vpcs, subnet)
    if route is None:
        return (
            f"{subnet.table.id} of {subnet.id} has no route to S3: "
            "neither its endpoint nor a NAT gateway"
        )
    if route.target.startswith("igw-"):
        return (
            f"{subnet.table.id} of {subnet.id} leads to {route.target}, "
            "which is no way out for a function: it has no public address"
        )
    if route.target.startswith("nat-") and not _leads_out(vpcs, route.target):
        return f"{route.target}, by which {subnet.id} reaches S3, does not reach the internet"
    for address in [network[1] for network in vpcs.s3_addresses[:1]]:
        if not subnet.acl.allows("out", address, (_HTTPS, _HTTPS)):
            return f"{subnet.acl.id} of {subnet.id} does not let tcp/{_HTTPS} out to S3"
        if not subnet.acl.allows("in", address, CLIENT_PORTS):
            return f"{subnet.acl.id} of {subnet.id} does not let the answers of S3 in"
    return None


def _route_to_s3(vpcs: Vpcs, subnet: Subnet) -> Route | None:
    """The most specific route: a prefix list's before any range, the smallest range first."""
    active = [route for route in subnet.table.routes if route.is_active]
    for route in active:
        if route.prefix_list is not None and route.prefix_list == vpcs.s3_prefix_list:
            return route
    ranges = [
        (route.network.prefixlen, route)
        for route in active
        if route.network is not None and _holds_s3(vpcs, route.network)
    ]
    return max(ranges, key=lambda each: each[0])[1] if ranges else None


def _holds_s3(vpcs: Vpcs, network: IPv4Network) -> bool:
    if network.prefixlen == 0:
        return True
    return any(each.subnet_of(network) for each in vpcs.s3_addresses)


def _leads_out(vpcs: Vpcs, gateway: str) -> bool:
    subnet = vpcs.subnets.get(vpcs.nat_subnets.get(gateway, ""))
    return subnet is not None and any(
        route.is_active and route.target.startswith("igw-") for route in subnet.table.routes
    )
