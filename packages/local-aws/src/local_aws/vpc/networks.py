"""Security groups, route tables and network ACLs as values.

Source: Amazon VPC user guide, "Security group rules", "Route tables" and "Network ACLs".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

ANY_PROTOCOL = "-1"
TCP = frozenset({ANY_PROTOCOL, "tcp", "6"})

CLIENT_PORTS = (32_768, 60_999)
"""Ports that clients use, and so where answers go: those of Linux."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule of a security group: the ports, and with whom.

    ``ports`` is None for all of them. A rule that names another security group opens nothing to an
    address, and is not kept.
    """

    protocol: str
    ports: tuple[int, int] | None
    networks: tuple[IPv4Network, ...]
    prefix_lists: tuple[str, ...]

    def is_for(self, port: int) -> bool:
        """Whether it is about TCP on that port."""
        if self.protocol not in TCP:
            return False
        return self.ports is None or self.ports[0] <= port <= self.ports[1]


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    id: str
    ingress: tuple[Opening, ...]
    egress: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """``target`` is an id such as nat-… or vpce-…; one that is gone is a black hole."""

    network: IPv4Network | None
    prefix_list: str | None
    target: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class RouteTable:
    id: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """``ports`` is None for all of them."""

    number: int
    direction: Literal["in", "out"]
    protocol: str
    network: IPv4Network
    ports: tuple[int, int] | None
    allows: bool


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """``entries`` in the order of their numbers: the first that fits decides."""

    id: str
    entries: tuple[Entry, ...]

    def allows(
        self, direction: Literal["in", "out"], address: IPv4Address, ports: tuple[int, int]
    ) -> bool:
        """Whether TCP with an address passes on every port of a range."""
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
    """With what decides about its traffic: its own table and ACL, or the VPC's main ones."""

    id: str
    network: IPv4Network
    table: RouteTable
    acl: NetworkAcl


@dataclass(frozen=True, slots=True)
class Vpcs:
    """The networks of an account and Region.

    ``nat_subnets`` are those of the NAT gateways that work, by gateway. ``s3_addresses`` are some
    of S3's own, and ``s3_prefix_list`` is the list that stands for all of them.
    """

    groups: Mapping[str, SecurityGroup]
    subnets: Mapping[str, Subnet]
    nat_subnets: Mapping[str, str]
    s3_prefix_list: str | None
    s3_addresses: tuple[IPv4Network, ...]
