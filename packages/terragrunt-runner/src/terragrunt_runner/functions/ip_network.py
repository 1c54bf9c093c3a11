"""Functions for IP networks."""

from __future__ import annotations

import ipaddress
import re
from typing import TypeAlias

from terragrunt_runner.functions.numeric import to_int
from terragrunt_runner.language.numbers import Number
from terragrunt_runner.language.scope import Library
from terragrunt_runner.language.types import NUMBER, STRING
from terragrunt_runner.language.values import InvalidValueError, List, UnsupportedError

LIBRARY = Library()

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)|(?<=\.)0+(?=\d)")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


@LIBRARY.define("cidrhost", STRING, NUMBER)
def cidrhost(prefix: str, number: Number) -> str:
    """Return the address with a host number; a negative number counts from the end."""
    network = _parse_network(prefix)
    host = to_int(number, "the host number")
    size = network.num_addresses
    if not -size <= host < size:
        raise InvalidValueError(f"{prefix} has no host number {host}")
    return _format_address(network, int(network[host]))


@LIBRARY.define("cidrnetmask", STRING)
def cidrnetmask(prefix: str) -> str:
    network = _parse_network(prefix)
    if network.version != 4:
        raise InvalidValueError("only IPv4 networks have a netmask")
    return str(network.netmask)


@LIBRARY.define("cidrsubnet", STRING, NUMBER, NUMBER)
def cidrsubnet(prefix: str, newbits: Number, netnum: Number) -> str:
    network = _parse_network(prefix)
    bits, number = to_int(newbits, "newbits"), to_int(netnum, "netnum")
    if bits < 0 or number < 0:
        raise UnsupportedError(
            "a negative newbits or netnum, for which Terraform's answer is not a subnet"
        )
    length = _extended_prefix_length(network, bits)
    if number >= 2**bits:
        raise InvalidValueError(f"subnet number {number} does not fit into {bits} new bit(s)")
    start = int(network.network_address) + (number << (network.max_prefixlen - length))
    return f"{_format_address(network, start)}/{length}"


@LIBRARY.define("cidrsubnets", STRING, variadic=NUMBER)
def cidrsubnets(prefix: str, *newbits: Number) -> List:
    """Return consecutive subnets, each aligned to its size."""
    network = _parse_network(prefix)
    start = int(network.network_address)
    end = start + network.num_addresses
    if newbits and not start:
        # Terraform first steps back by one network, and 0.0.0.0 has none before it.
        raise InvalidValueError(
            f"{prefix} starts at the first address, and Terraform cannot divide such a network"
        )
    subnets: list[str] = []
    for given in newbits:
        bits = to_int(given, "newbits")
        if not 1 <= bits <= 32:
            raise InvalidValueError("newbits must be between 1 and 32")
        length = _extended_prefix_length(network, bits)
        size = 1 << (network.max_prefixlen - length)
        start = -(-start // size) * size
        if start + size > end:
            raise InvalidValueError(f"{prefix} has no room for a subnet of {length} bits")
        subnets.append(f"{_format_address(network, start)}/{length}")
        start += size
    return List(subnets, STRING)


def _extended_prefix_length(network: _Network, bits: int) -> int:
    length = network.prefixlen + bits
    if length > network.max_prefixlen:
        raise InvalidValueError(f"{network} has no room for {bits} more bits")
    return length


def _parse_network(prefix: str) -> _Network:
    address, _, length = prefix.partition("/")
    if ":" not in address:
        address = _LEADING_ZEROS.sub("", address)
    error = InvalidValueError(f"{prefix!r} is not a network such as 10.0.0.0/16")
    if not re.fullmatch(r"\d+", length):
        raise error
    try:
        return ipaddress.ip_network(f"{address}/{length}", strict=False)
    except ValueError:
        raise error from None


def _format_address(network: _Network, address: int) -> str:
    if network.version == 4:
        return str(ipaddress.IPv4Address(address))
    if ipaddress.IPv6Address(address) in _MAPPED:
        raise UnsupportedError("IPv4 addresses written as IPv6")
    return str(ipaddress.IPv6Address(address))
