"""Whether clients reach a load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from local_aws.vpc.networks import CLIENT_PORTS, Subnet, Vpcs

_ANYONE = IPv4Address("198.51.100.1")
"""Stands for a client on the internet. Source: RFC 5737."""


def obstacle(
    vpcs: Vpcs, *, port: int, group_ids: Sequence[str], subnet_ids: Sequence[str], is_internal: bool
) -> str | None:
    """What keeps clients from a listener's port, or None.

    A client of this machine could be anyone: it is enough that the port is open to some address.
    """
    groups = [vpcs.groups[each] for each in group_ids if each in vpcs.groups]
    openings = [opening for group in groups for opening in group.ingress if opening.is_for(port)]
    if group_ids and not any(each.networks or each.prefix_lists for each in openings):
        return f"{' and '.join(group_ids)} has no ingress rule that opens tcp/{port} to an address"
    admitted = [network for opening in openings for network in opening.networks]
    for subnet in (vpcs.subnets[each] for each in subnet_ids if each in vpcs.subnets):
        usual = subnet.network[1] if is_internal else _ANYONE
        candidates = [usual if usual in network else network[0] for network in admitted]
        if not admitted or any(opening.prefix_lists for opening in openings):
            candidates.append(usual)
        found = [_obstacle_in(subnet, port, is_internal, client) for client in candidates]
        if all(found):
            return found[0]
    return None


def _obstacle_in(subnet: Subnet, port: int, is_internal: bool, client: IPv4Address) -> str | None:
    if not is_internal and not any(
        route.is_active and route.target.startswith("igw-") and _leads_to(route.network, client)
        for route in subnet.table.routes
    ):
        return f"{subnet.table.id} of {subnet.id} has no route to an internet gateway"
    if not subnet.acl.allows("in", client, (port, port)):
        return f"{subnet.acl.id} of {subnet.id} does not let tcp/{port} in"
    if not subnet.acl.allows("out", client, CLIENT_PORTS):
        return f"{subnet.acl.id} of {subnet.id} does not let the answers out to clients"
    return None


def _leads_to(network: IPv4Network | None, address: IPv4Address) -> bool:
    return network is not None and address in network
