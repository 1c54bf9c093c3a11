"""Reads networks through the EC2 API. IPv6 is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from local_aws.vpc.networks import (
    NetworkAcl,
    NetworkAclEntry,
    Networks,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

ApiItem = Mapping[str, Any]
_TARGETS = ("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")


def read_networks(ec2: EC2Client, region: str) -> Networks:
    """Read the networks of an account and Region. Raises what boto3 raises."""

    def describe(operation: Any, key: str, **arguments: str) -> list[Any]:
        pages = ec2.get_paginator(operation).paginate(**arguments)
        return [each for page in pages for each in page[key]]

    tables = describe("describe_route_tables", "RouteTables")
    acls = describe("describe_network_acls", "NetworkAcls")
    lists = {
        each["PrefixListName"]: each["PrefixListId"]
        for each in describe("describe_prefix_lists", "PrefixLists")
    }
    s3 = lists.get(f"com.amazonaws.{region}.s3")
    entries = describe("get_managed_prefix_list_entries", "Entries", PrefixListId=s3) if s3 else ()
    return Networks(
        groups={
            group["GroupId"]: security_group(group)
            for group in describe("describe_security_groups", "SecurityGroups")
        },
        subnets={
            each["SubnetId"]: subnet(each, tables, acls)
            for each in describe("describe_subnets", "Subnets")
        },
        nat_subnets={
            gateway["NatGatewayId"]: gateway["SubnetId"]
            for gateway in describe("describe_nat_gateways", "NatGateways")
            if gateway["State"] == "available"
        },
        s3_prefix_list=s3,
        s3_addresses=tuple(IPv4Network(entry["Cidr"]) for entry in entries),
    )


def security_group(item: ApiItem) -> SecurityGroup:
    return SecurityGroup(
        item["GroupId"],
        tuple(_group_rule(each) for each in item.get("IpPermissions") or ()),
        tuple(_group_rule(each) for each in item.get("IpPermissionsEgress") or ()),
    )


def subnet(item: ApiItem, tables: Sequence[Any], acls: Sequence[Any]) -> Subnet:
    """Read a subnet with its associated route table and network ACL, or its VPC's default ones."""
    table = _associated(item, tables, _is_main) or {"RouteTableId": "no route table"}
    acl = _associated(item, acls, _is_default_acl) or {"NetworkAclId": "no network ACL"}
    return Subnet(
        item["SubnetId"],
        IPv4Network(item["CidrBlock"]),
        RouteTable(
            table["RouteTableId"], tuple(_route(each) for each in table.get("Routes") or ())
        ),
        NetworkAcl(
            acl["NetworkAclId"],
            tuple(
                sorted(
                    (_acl_entry(each) for each in acl.get("Entries") or () if "CidrBlock" in each),
                    key=lambda entry: entry.number,
                )
            ),
        ),
    )


def _associated(
    item: ApiItem, candidates: Sequence[Any], is_default: Callable[[ApiItem], bool]
) -> Any:
    of_vpc = [each for each in candidates if each["VpcId"] == item["VpcId"]]
    for each in of_vpc:
        for association in each.get("Associations") or ():
            if association.get("SubnetId") == item["SubnetId"]:
                return each
    return next((each for each in of_vpc if is_default(each)), None)


def _is_main(table: ApiItem) -> bool:
    return any(association.get("Main") for association in table.get("Associations") or ())


def _is_default_acl(acl: ApiItem) -> bool:
    return bool(acl.get("IsDefault"))


def _group_rule(item: ApiItem) -> SecurityGroupRule:
    low, high = item.get("FromPort"), item.get("ToPort")
    return SecurityGroupRule(
        protocol=str(item["IpProtocol"]),
        ports=None if low is None or high is None or low == -1 else (int(low), int(high)),
        networks=tuple(IPv4Network(each["CidrIp"]) for each in item.get("IpRanges") or ()),
        prefix_lists=tuple(each["PrefixListId"] for each in item.get("PrefixListIds") or ()),
    )


def _route(item: ApiItem) -> Route:
    cidr = item.get("DestinationCidrBlock")
    return Route(
        network=IPv4Network(cidr) if cidr else None,
        prefix_list=item.get("DestinationPrefixListId"),
        target=next((item[name] for name in _TARGETS if item.get(name)), ""),
        is_active=item.get("State", "active") == "active",
    )


def _acl_entry(item: ApiItem) -> NetworkAclEntry:
    ports = item.get("PortRange")
    return NetworkAclEntry(
        number=int(item["RuleNumber"]),
        direction="out" if item["Egress"] else "in",
        protocol=str(item["Protocol"]),
        network=IPv4Network(item["CidrBlock"]),
        ports=(int(ports["From"]), int(ports["To"])) if ports else None,
        allows=item["RuleAction"] == "allow",
    )
