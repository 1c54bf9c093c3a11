"""Security groups, subnets, route tables and network ACLs as immutable values.

Source: Amazon VPC user guide, "Security group rules", "Route tables" and "Network ACLs".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

ANY_PROTOCOL = "-1"
TCP = frozenset({ANY_PROTOCOL, "tcp", "6"})

EPHEMERAL_PORTS = (32_768, 60_999)
"""Ports of Linux clients, to which responses go."""


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """A rule of a security group; ``ports`` is None for all ports.

    References to other security groups are left out: they open nothing to an address.
    """

    protocol: str
    ports: tuple[int, int] | None
    networks: tuple[IPv4Network, ...]
    prefix_lists: tuple[str, ...]

    def includes_port(self, port: int) -> bool:
        """Return whether the rule applies to TCP on this port."""
        if self.protocol not in TCP:
            return False
        return self.ports is None or self.ports[0] <= port <= self.ports[1]


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    id: str
    ingress: tuple[SecurityGroupRule, ...]
    egress: tuple[SecurityGroupRule, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """``target`` is an id such as nat-… or vpce-…; ``is_active`` is False for a black hole."""

    network: IPv4Network | None
    prefix_list: str | None
    target: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class RouteTable:
    id: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class NetworkAclEntry:
    """``ports`` is None for all ports."""

    number: int
    direction: Literal["in", "out"]
    protocol: str
    network: IPv4Network
    ports: tuple[int, int] | None
    allows: bool


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """``entries`` are in order of their numbers; the first match decides."""

    id: str
    entries: tuple[NetworkAclEntry, ...]

    def allows(
        self, direction: Literal["in", "out"], address: IPv4Address, ports: tuple[int, int]
    ) -> bool:
        """Return whether TCP with an address is allowed on every port of a range."""
        undecided = [ports]
        for entry in self.entries:
            if entry.direction != direction or entry.protocol not in TCP:
                continue
            if address not in entry.network:
                continue
            first, last = entry.ports or (0, 65_535)
            if not entry.allows and any(first <= high and low <= last for low, high in undecided):
                return False
            undecided = [
                (start, end)
                for low, high in undecided
                for start, end in ((low, min(high, first - 1)), (max(low, last + 1), high))
                if start <= end
            ]
            if not undecided:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet with its route table and network ACL, explicit or the VPC's default."""

    id: str
    network: IPv4Network
    route_table: RouteTable
    network_acl: NetworkAcl


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks of an account and Region.

    ``nat_subnets`` maps available NAT gateways to their subnets. ``s3_prefix_list`` is the id of
    S3's prefix list, ``s3_addresses`` are its entries.
    """

    groups: Mapping[str, SecurityGroup]
    subnets: Mapping[str, Subnet]
    nat_subnets: Mapping[str, str]
    s3_prefix_list: str | None
    s3_addresses: tuple[IPv4Network, ...]
