"""Reachability in networks of moto's EC2, each with one mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import boto3
import pytest
from local_aws.vpc.network_reader import read_networks
from local_aws.vpc.networks import NetworkAcl, NetworkAclEntry
from local_aws.vpc.reachability import client_obstacle, s3_obstacle
from moto import mock_aws
from mypy_boto3_ec2 import EC2Client

REGION = "eu-west-1"
ANYWHERE = "0.0.0.0/0"


@dataclass(slots=True)
class Network:
    """One VPC: a public subnet with an internet gateway, a private one with an S3 endpoint."""

    ec2: EC2Client
    vpc: str
    public: str
    private: str
    public_table: str
    private_table: str
    gateway: str
    endpoint: str
    group: str

    def client_obstacle(self, port: int = 80, *, is_internal: bool = False) -> str | None:
        return client_obstacle(
            read_networks(self.ec2, REGION),
            port=port,
            group_ids=[self.group],
            subnet_ids=[self.private if is_internal else self.public],
            is_internal=is_internal,
        )

    def s3_obstacle(self, *subnets: str) -> str | None:
        return s3_obstacle(
            read_networks(self.ec2, REGION),
            group_ids=[self.group],
            subnet_ids=list(subnets) or [self.private],
        )

    def allow_ingress(self, port: int, cidr: str = ANYWHERE) -> None:
        self.ec2.authorize_security_group_ingress(
            GroupId=self.group, IpPermissions=[_tcp(port, IpRanges=[{"CidrIp": cidr}])]
        )

    def replace_egress(self, *permissions: Any) -> None:
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}
        self.ec2.revoke_security_group_egress(GroupId=self.group, IpPermissions=[everything])  # type: ignore[list-item]
        if permissions:
            self.ec2.authorize_security_group_egress(
                GroupId=self.group, IpPermissions=list(permissions)
            )

    def drop_endpoint(self) -> None:
        self.ec2.delete_vpc_endpoints(VpcEndpointIds=[self.endpoint])

    def add_acl(
        self, subnet: str, *entries: tuple[int, bool, int, int], cidr: str = ANYWHERE
    ) -> str:
        """Give a subnet a network ACL whose entries (number, egress, ports) allow a network."""
        acl = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        for number, egress, low, high in entries:
            self.ec2.create_network_acl_entry(
                NetworkAclId=acl,
                RuleNumber=number,
                Egress=egress,
                Protocol="6",
                RuleAction="allow",
                CidrBlock=cidr,
                PortRange={"From": low, "To": high},
            )
        for each in self.ec2.describe_network_acls()["NetworkAcls"]:
            for association in each["Associations"]:
                if association["SubnetId"] == subnet:
                    self.ec2.replace_network_acl_association(
                        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
                    )
        return acl


def _tcp(port: int, **peers: Any) -> Any:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


@pytest.fixture(scope="module")
def ec2() -> EC2Client:
    """A client for all tests: creating one takes a second, and moto mocks it in each test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        return boto3.Session("test", "test", region_name=REGION).client("ec2")


@pytest.fixture
def network(ec2: EC2Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        public, private = (
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
            for number in range(2)
        )
        tables = []
        for subnet in (public, private):
            table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
            tables.append(table)
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        ec2.create_route(RouteTableId=tables[0], DestinationCidrBlock=ANYWHERE, GatewayId=gateway)
        endpoint = ec2.create_vpc_endpoint(
            VpcId=vpc,
            VpcEndpointType="Gateway",
            ServiceName=f"com.amazonaws.{REGION}.s3",
            RouteTableIds=[tables[1]],
        )["VpcEndpoint"]["VpcEndpointId"]
        group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
        public_table, private_table = tables
        yield Network(
            *(ec2, vpc, public, private, public_table, private_table, gateway, endpoint, group)
        )


# Clients and a load balancer


def test_a_port_without_an_ingress_rule_is_an_obstacle(network: Network) -> None:
    network.allow_ingress(443)
    assert network.client_obstacle(80) == (
        f"{network.group} has no ingress rule that opens tcp/80 to an address"
    )
    assert network.client_obstacle(443) is None


def test_a_rule_for_a_security_group_does_not_admit_clients(network: Network) -> None:
    pair = [{"GroupId": network.group}]
    network.ec2.authorize_security_group_ingress(
        GroupId=network.group, IpPermissions=[_tcp(80, UserIdGroupPairs=pair)]
    )
    assert "no ingress rule" in str(network.client_obstacle())


def test_a_port_open_to_any_network_is_reachable(network: Network) -> None:
    network.allow_ingress(80, "192.0.2.0/24")
    assert network.client_obstacle() is None


def test_a_public_load_balancer_needs_a_route_to_an_internet_gateway(network: Network) -> None:
    network.allow_ingress(80)
    network.ec2.delete_route(RouteTableId=network.public_table, DestinationCidrBlock=ANYWHERE)
    assert network.client_obstacle() == (
        f"{network.public_table} of {network.public} has no route to an internet gateway"
    )


def test_an_internal_load_balancer_needs_no_internet_gateway(network: Network) -> None:
    network.allow_ingress(80, "10.0.0.0/16")
    assert network.client_obstacle(is_internal=True) is None


@pytest.mark.parametrize(
    ("entries", "obstacle"),
    [
        ((), "does not allow tcp/80 in"),
        (((100, False, 80, 80),), "does not allow responses out to clients"),
        (((100, False, 80, 80), (100, True, 1024, 65535)), None),
    ],
)
def test_a_network_acl_must_allow_requests_in_and_responses_out(
    network: Network, entries: tuple[tuple[int, bool, int, int], ...], obstacle: str | None
) -> None:
    network.allow_ingress(80)
    acl = network.add_acl(network.public, *entries)
    found = network.client_obstacle()
    assert found == (None if obstacle is None else f"{acl} of {network.public} {obstacle}")


def test_one_address_that_group_and_network_acl_admit_is_enough(network: Network) -> None:
    network.allow_ingress(80, "192.0.2.0/24")
    acl = network.add_acl(
        network.public, (100, False, 80, 80), (100, True, 1024, 65535), cidr="203.0.113.0/24"
    )
    assert network.client_obstacle() == f"{acl} of {network.public} does not allow tcp/80 in"
    network.allow_ingress(80, "203.0.113.64/26")
    assert network.client_obstacle() is None


# A function and S3


def _acl(*entries: tuple[bool, int, int]) -> NetworkAcl:
    """A network ACL; entries are pairs of allow or deny, and ports."""
    anyone = IPv4Network(ANYWHERE)
    return NetworkAcl(
        "acl-1",
        tuple(
            NetworkAclEntry(number, "in", "6", anyone, (low, high), allows)
            for number, (allows, low, high) in enumerate(entries)
        ),
    )


@pytest.mark.parametrize(
    ("acl", "passes"),
    [
        (_acl((True, 1, 15), (True, 16, 20)), True),
        (_acl((True, 16, 20), (True, 1, 15)), True),
        (_acl((True, 12, 14), (True, 1, 100)), True),
        (_acl((True, 1, 15), (True, 17, 20)), False),
        (_acl((True, 1, 15), (False, 1, 15), (True, 16, 20)), True),
        (_acl((True, 1, 15), (False, 15, 16), (True, 1, 100)), False),
        (_acl((False, 21, 30), (True, 1, 100)), True),
        (_acl(), False),
    ],
)
def test_the_first_matching_entry_of_a_network_acl_decides_about_a_port(
    acl: NetworkAcl, passes: bool
) -> None:
    assert acl.allows("in", IPv4Address("192.0.2.1"), (10, 20)) is passes


def test_a_function_reaches_s3_through_a_gateway_endpoint(network: Network) -> None:
    assert network.s3_obstacle() is None


def test_a_function_outside_a_vpc_reaches_s3(network: Network) -> None:
    networks = read_networks(network.ec2, REGION)
    assert s3_obstacle(networks, group_ids=[], subnet_ids=[]) is None


def test_egress_to_the_prefix_list_of_s3_is_enough(network: Network) -> None:
    prefix_list = read_networks(network.ec2, REGION).s3_prefix_list
    network.replace_egress(_tcp(443, PrefixListIds=[{"PrefixListId": prefix_list}]))
    assert network.s3_obstacle() is None


@pytest.mark.parametrize(
    "egress",
    [
        (),
        (_tcp(80, IpRanges=[{"CidrIp": ANYWHERE}]),),
        (_tcp(443, IpRanges=[{"CidrIp": "10.0.0.0/16"}]),),
    ],
)
def test_egress_rules_that_do_not_allow_s3_are_an_obstacle(
    network: Network, egress: tuple[Any, ...]
) -> None:
    network.replace_egress(*egress)
    assert str(network.s3_obstacle()).startswith(
        f"{network.group} has no egress rule for tcp/443 to S3"
    )


def test_without_endpoint_and_nat_gateway_s3_is_unreachable(network: Network) -> None:
    network.drop_endpoint()
    assert network.s3_obstacle() == (
        f"{network.private_table} of {network.private} has no route to S3: "
        "neither a gateway endpoint nor a NAT gateway"
    )


def test_a_function_cannot_use_an_internet_gateway(network: Network) -> None:
    assert network.s3_obstacle(network.public) == (
        f"{network.public_table} of {network.public} routes S3 to {network.gateway}, "
        "which a function cannot use: it has no public address"
    )


@pytest.mark.parametrize("is_public", [True, False])
def test_a_nat_gateway_must_reach_the_internet(network: Network, is_public: bool) -> None:
    network.drop_endpoint()
    address = network.ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = network.ec2.create_nat_gateway(
        SubnetId=network.public if is_public else network.private, AllocationId=address
    )["NatGateway"]["NatGatewayId"]
    network.ec2.create_route(
        RouteTableId=network.private_table, DestinationCidrBlock=ANYWHERE, NatGatewayId=gateway
    )
    if is_public:
        assert network.s3_obstacle() is None
    else:
        assert network.s3_obstacle() == (
            f"{gateway}, the route of {network.private} to S3, does not reach the internet"
        )


@pytest.mark.parametrize(
    ("entries", "obstacle"),
    [
        ((), "does not allow tcp/443 out to S3"),
        (((100, True, 443, 443),), "does not allow responses of S3 in"),
        (((100, True, 443, 443), (100, False, 1024, 65535)), None),
    ],
)
def test_a_network_acl_must_allow_requests_to_s3_out_and_responses_in(
    network: Network, entries: tuple[tuple[int, bool, int, int], ...], obstacle: str | None
) -> None:
    acl = network.add_acl(network.private, *entries)
    found = network.s3_obstacle()
    assert found == (None if obstacle is None else f"{acl} of {network.private} {obstacle}")


def test_the_main_route_table_counts_where_a_subnet_has_none(network: Network) -> None:
    extra = network.ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.0.9.0/24")["Subnet"]
    assert "has no route to S3" in str(network.s3_obstacle(extra["SubnetId"]))
