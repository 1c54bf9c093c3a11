"""The networks of an account, from the answers of the EC2 API. IPv6 is not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from local_aws.vpc.networks import (
    Entry,
    NetworkAcl,
    Opening,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpcs,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

_Answer = Mapping[str, Any]
_TARGETS = ("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")


def read_vpcs(ec2: EC2Client, region: str) -> Vpcs:
    """Raises what boto3 raises."""

    def all_of(operation: Any, key: str, **arguments: str) -> list[Any]:
        pages = ec2.get_paginator(operation).paginate(**arguments)
        return [each for page in pages for each in page[key]]

    tables = all_of("describe_route_tables", "RouteTables")
    acls = all_of("describe_network_acls", "NetworkAcls")
    lists = {
        each["PrefixListName"]: each["PrefixListId"]
        for each in all_of("describe_prefix_lists", "PrefixLists")
    }
    s3 = lists.get(f"com.amazonaws.{region}.s3")
    entries = all_of("get_managed_prefix_list_entries", "Entries", PrefixListId=s3) if s3 else ()
    return Vpcs(
        groups={
            group["GroupId"]: security_group(group)
            for group in all_of("describe_security_groups", "SecurityGroups")
        },
        subnets={
            each["SubnetId"]: subnet(each, tables, acls)
            for each in all_of("describe_subnets", "Subnets")
        },
        nat_subnets={
            gateway["NatGatewayId"]: gateway["SubnetId"]
            for gateway in all_of("describe_nat_gateways", "NatGateways")
            if gateway["State"] == "available"
        },
        s3_prefix_list=s3,
        s3_addresses=tuple(IPv4Network(entry["Cidr"]) for entry in entries),
    )


def security_group(answer: _Answer) -> SecurityGroup:
    return SecurityGroup(
        answer["GroupId"],
        tuple(_opening(each) for each in answer.get("IpPermissions") or ()),
        tuple(_opening(each) for each in answer.get("IpPermissionsEgress") or ()),
    )


def subnet(answer: _Answer, tables: Sequence[Any], acls: Sequence[Any]) -> Subnet:
    """With the route table and the ACL that it is associated with, or its VPC's own."""
    table = _of_subnet(answer, tables, _is_main) or {"RouteTableId": "no route table"}
    acl = _of_subnet(answer, acls, _is_default) or {"NetworkAclId": "no network ACL"}
    return Subnet(
        answer["SubnetId"],
        IPv4Network(answer["CidrBlock"]),
        RouteTable(
            table["RouteTableId"], tuple(_route(each) for each in table.get("Routes") or ())
        ),
        NetworkAcl(
            acl["NetworkAclId"],
            tuple(
                sorted(
                    (_entry(each) for each in acl.get("Entries") or () if "CidrBlock" in each),
                    key=lambda entry: entry.number,
                )
            ),
        ),
    )


def _of_subnet(
    answer: _Answer, candidates: Sequence[Any], is_the_vpcs: Callable[[_Answer], bool]
) -> Any:
    of_vpc = [each for each in candidates if each["VpcId"] == answer["VpcId"]]
    for each in of_vpc:
        for association in each.get("Associations") or ():
            if association.get("SubnetId") == answer["SubnetId"]:
                return each
    return next((each for each in of_vpc if is_the_vpcs(each)), None)


def _is_main(table: _Answer) -> bool:
    return any(association.get("Main") for association in table.get("Associations") or ())


def _is_default(acl: _Answer) -> bool:
    return bool(acl.get("IsDefault"))


def _opening(answer: _Answer) -> Opening:
    low, high = answer.get("FromPort"), answer.get("ToPort")
    return Opening(
        protocol=str(answer["IpProtocol"]),
        ports=None if low is None or high is None or low == -1 else (int(low), int(high)),
        networks=tuple(IPv4Network(each["CidrIp"]) for each in answer.get("IpRanges") or ()),
        prefix_lists=tuple(each["PrefixListId"] for each in answer.get("PrefixListIds") or ()),
    )


def _route(answer: _Answer) -> Route:
    cidr = answer.get("DestinationCidrBlock")
    return Route(
        network=IPv4Network(cidr) if cidr else None,
        prefix_list=answer.get("DestinationPrefixListId"),
        target=next((answer[name] for name in _TARGETS if answer.get(name)), ""),
        is_active=answer.get("State", "active") == "active",
    )


def _entry(answer: _Answer) -> Entry:
    ports = answer.get("PortRange")
    return Entry(
        number=int(answer["RuleNumber"]),
        direction="out" if answer["Egress"] else "in",
        protocol=str(answer["Protocol"]),
        network=IPv4Network(answer["CidrBlock"]),
        ports=(int(ports["From"]), int(ports["To"])) if ports else None,
        allows=answer["RuleAction"] == "allow",
    )
