"""Reachability of load balancers for clients, and of S3 for functions.

Source: Amazon VPC user guide, "Security group rules", "Route tables" and "Network ACLs".
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from local_aws.vpc.networks import EPHEMERAL_PORTS, Networks, Route, SecurityGroup, Subnet

_INTERNET_CLIENT = IPv4Address("198.51.100.1")
"""An example of a client on the internet. Source: RFC 5737."""

_HTTPS = 443


def client_obstacle(
    networks: Networks,
    *,
    port: int,
    group_ids: Sequence[str],
    subnet_ids: Sequence[str],
    is_internal: bool,
) -> str | None:
    """Return why no client can reach a listener's port, or None.

    A local client stands for any client, so that one address that is let in is enough.
    """
    rules = [
        rule
        for group in _groups(networks, group_ids)
        for rule in group.ingress
        if rule.includes_port(port)
    ]
    if group_ids and not any(each.networks or each.prefix_lists for each in rules):
        return f"{' and '.join(group_ids)} has no ingress rule that opens tcp/{port} to an address"
    allowed = [network for rule in rules for network in rule.networks]
    for subnet in _subnets(networks, subnet_ids):
        usual = subnet.network[1] if is_internal else _INTERNET_CLIENT
        clients = [usual if usual in network else network[0] for network in allowed]
        if not allowed or any(rule.prefix_lists for rule in rules):
            clients.append(usual)
        obstacles = [_client_subnet_obstacle(subnet, port, is_internal, each) for each in clients]
        if all(obstacles):
            return obstacles[0]
    return None


def s3_obstacle(
    networks: Networks, *, group_ids: Sequence[str], subnet_ids: Sequence[str]
) -> str | None:
    """Return why a function cannot reach S3, or None; also None for a function outside a VPC.

    A function may run in any of its subnets, so that each of them needs a route.
    """
    if not subnet_ids:
        return None
    if not _egress_allows_s3(networks, group_ids):
        return (
            f"{' and '.join(group_ids)} has no egress rule for tcp/{_HTTPS} to S3 "
            f"({networks.s3_prefix_list or 'its prefix list'}, or a range that contains it)"
        )
    obstacles = (_s3_subnet_obstacle(networks, each) for each in _subnets(networks, subnet_ids))
    return next((each for each in obstacles if each is not None), None)


def _groups(networks: Networks, ids: Sequence[str]) -> list[SecurityGroup]:
    return [networks.groups[each] for each in ids if each in networks.groups]


def _subnets(networks: Networks, ids: Sequence[str]) -> list[Subnet]:
    return [networks.subnets[each] for each in ids if each in networks.subnets]


def _client_subnet_obstacle(
    subnet: Subnet, port: int, is_internal: bool, client: IPv4Address
) -> str | None:
    if not is_internal and not any(
        route.is_active
        and route.target.startswith("igw-")
        and route.network is not None
        and client in route.network
        for route in subnet.route_table.routes
    ):
        return f"{subnet.route_table.id} of {subnet.id} has no route to an internet gateway"
    if not subnet.network_acl.allows("in", client, (port, port)):
        return f"{subnet.network_acl.id} of {subnet.id} does not allow tcp/{port} in"
    if not subnet.network_acl.allows("out", client, EPHEMERAL_PORTS):
        return f"{subnet.network_acl.id} of {subnet.id} does not allow responses out to clients"
    return None


def _egress_allows_s3(networks: Networks, group_ids: Sequence[str]) -> bool:
    return any(
        networks.s3_prefix_list in rule.prefix_lists
        or any(_contains_s3(networks, network) for network in rule.networks)
        for group in _groups(networks, group_ids)
        for rule in group.egress
        if rule.includes_port(_HTTPS)
    )


def _s3_subnet_obstacle(networks: Networks, subnet: Subnet) -> str | None:
    table, acl = subnet.route_table.id, subnet.network_acl
    route = _route_to_s3(networks, subnet)
    if route is None:
        return (
            f"{table} of {subnet.id} has no route to S3: neither a gateway endpoint nor a NAT "
            "gateway"
        )
    if route.target.startswith("igw-"):
        return (
            f"{table} of {subnet.id} routes S3 to {route.target}, "
            "which a function cannot use: it has no public address"
        )
    if route.target.startswith("nat-") and not _reaches_internet(networks, route.target):
        return f"{route.target}, the route of {subnet.id} to S3, does not reach the internet"
    for network in networks.s3_addresses[:1]:
        if not acl.allows("out", network[1], (_HTTPS, _HTTPS)):
            return f"{acl.id} of {subnet.id} does not allow tcp/{_HTTPS} out to S3"
        if not acl.allows("in", network[1], EPHEMERAL_PORTS):
            return f"{acl.id} of {subnet.id} does not allow responses of S3 in"
    return None


def _route_to_s3(networks: Networks, subnet: Subnet) -> Route | None:
    """Return the most specific route: the prefix list first, then the longest prefix."""
    active = [route for route in subnet.route_table.routes if route.is_active]
    for route in active:
        if route.prefix_list is not None and route.prefix_list == networks.s3_prefix_list:
            return route
    ranges = [
        (route.network.prefixlen, route)
        for route in active
        if route.network is not None and _contains_s3(networks, route.network)
    ]
    return max(ranges, key=lambda each: each[0])[1] if ranges else None


def _contains_s3(networks: Networks, network: IPv4Network) -> bool:
    if network.prefixlen == 0:
        return True
    return any(each.subnet_of(network) for each in networks.s3_addresses)


def _reaches_internet(networks: Networks, nat_gateway: str) -> bool:
    subnet = networks.subnets.get(networks.nat_subnets.get(nat_gateway, ""))
    return subnet is not None and any(
        route.is_active and route.target.startswith("igw-") for route in subnet.route_table.routes
    )
