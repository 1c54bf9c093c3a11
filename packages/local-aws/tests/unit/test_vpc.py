"""Decided over what moto's EC2 says of networks that are wrong in one place each."""

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

    def admit(self, port: int, cidr: str = ANYWHERE) -> None:
        self.ec2.authorize_security_group_ingress(
            GroupId=self.group, IpPermissions=[_tcp(port, IpRanges=[{"CidrIp": cidr}])]
        )

    def let_out_only(self, *permissions: Any) -> None:
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
        """An ACL of the subnet's own that allows these with a network: number, out or in, ports."""
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


def _tcp(port: int, **whom: Any) -> Any:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **whom}


@pytest.fixture(scope="module")
def ec2() -> EC2Client:
    """One for all tests: it takes a second to make. moto answers it wherever it is mocked."""
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


# -- clients and a load balancer


def test_a_port_that_no_rule_opens_is_named_with_its_group(network: Network) -> None:
    network.admit(443)
    assert network.client_obstacle(80) == (
        f"{network.group} has no ingress rule that opens tcp/80 to an address"
    )
    assert network.client_obstacle(443) is None


def test_a_rule_for_other_security_groups_opens_nothing_to_clients(network: Network) -> None:
    pair = [{"GroupId": network.group}]
    network.ec2.authorize_security_group_ingress(
        GroupId=network.group, IpPermissions=[_tcp(80, UserIdGroupPairs=pair)]
    )
    assert "no ingress rule" in str(network.client_obstacle())


def test_a_port_open_to_some_network_is_open_to_this_machine(network: Network) -> None:
    network.admit(80, "192.0.2.0/24")
    assert network.client_obstacle() is None


def test_a_public_load_balancer_needs_a_way_to_the_internet(network: Network) -> None:
    network.admit(80)
    network.ec2.delete_route(RouteTableId=network.public_table, DestinationCidrBlock=ANYWHERE)
    assert network.client_obstacle() == (
        f"{network.public_table} of {network.public} has no route to an internet gateway"
    )


def test_an_internal_load_balancer_needs_no_way_to_the_internet(network: Network) -> None:
    network.admit(80, "10.0.0.0/16")
    assert network.client_obstacle(is_internal=True) is None


@pytest.mark.parametrize(
    ("entries", "obstacle"),
    [
        ((), "does not allow tcp/80 in"),
        (((100, False, 80, 80),), "does not allow responses out to clients"),
        (((100, False, 80, 80), (100, True, 1024, 65535)), None),
    ],
)
def test_an_acl_lets_requests_in_and_answers_out(
    network: Network, entries: tuple[tuple[int, bool, int, int], ...], obstacle: str | None
) -> None:
    network.admit(80)
    acl = network.add_acl(network.public, *entries)
    found = network.client_obstacle()
    assert found == (None if obstacle is None else f"{acl} of {network.public} {obstacle}")


def test_an_acl_that_admits_one_of_those_whom_the_group_admits_is_enough(network: Network) -> None:
    network.admit(80, "192.0.2.0/24")
    acl = network.add_acl(
        network.public, (100, False, 80, 80), (100, True, 1024, 65535), cidr="203.0.113.0/24"
    )
    assert network.client_obstacle() == f"{acl} of {network.public} does not allow tcp/80 in"
    network.admit(80, "203.0.113.64/26")
    assert network.client_obstacle() is None


# -- a function and S3


def _acl(*entries: tuple[bool, int, int]) -> NetworkAcl:
    """Of entries in order: whether each allows, and its ports."""
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
def test_entries_of_an_acl_decide_together_each_about_ports_that_none_did_before(
    acl: NetworkAcl, passes: bool
) -> None:
    assert acl.allows("in", IPv4Address("192.0.2.1"), (10, 20)) is passes


def test_a_function_reaches_s3_through_the_endpoint(network: Network) -> None:
    assert network.s3_obstacle() is None


def test_a_function_in_no_vpc_reaches_s3(network: Network) -> None:
    vpcs = read_networks(network.ec2, REGION)
    assert s3_obstacle(vpcs, group_ids=[], subnet_ids=[]) is None


def test_egress_to_the_prefix_list_of_s3_is_enough(network: Network) -> None:
    prefix_list = read_networks(network.ec2, REGION).s3_prefix_list
    network.let_out_only(_tcp(443, PrefixListIds=[{"PrefixListId": prefix_list}]))
    assert network.s3_obstacle() is None


@pytest.mark.parametrize(
    "egress",
    [
        (),
        (_tcp(80, IpRanges=[{"CidrIp": ANYWHERE}]),),
        (_tcp(443, IpRanges=[{"CidrIp": "10.0.0.0/16"}]),),
    ],
)
def test_egress_that_does_not_admit_s3_is_named_with_its_group(
    network: Network, egress: tuple[Any, ...]
) -> None:
    network.let_out_only(*egress)
    assert str(network.s3_obstacle()).startswith(
        f"{network.group} has no egress rule for tcp/443 to S3"
    )


def test_without_endpoint_and_nat_there_is_no_way(network: Network) -> None:
    network.drop_endpoint()
    assert network.s3_obstacle() == (
        f"{network.private_table} of {network.private} has no route to S3: "
        "neither a gateway endpoint nor a NAT gateway"
    )


def test_a_function_in_a_public_subnet_has_no_way_out(network: Network) -> None:
    assert network.s3_obstacle(network.public) == (
        f"{network.public_table} of {network.public} routes S3 to {network.gateway}, "
        "which a function cannot use: it has no public address"
    )


@pytest.mark.parametrize("is_public", [True, False])
def test_a_nat_gateway_is_a_way_if_it_reaches_the_internet_itself(
    network: Network, is_public: bool
) -> None:
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
def test_an_acl_lets_requests_to_s3_out_and_answers_in(
    network: Network, entries: tuple[tuple[int, bool, int, int], ...], obstacle: str | None
) -> None:
    acl = network.add_acl(network.private, *entries)
    found = network.s3_obstacle()
    assert found == (None if obstacle is None else f"{acl} of {network.private} {obstacle}")


def test_the_main_route_table_counts_where_a_subnet_has_none(network: Network) -> None:
    extra = network.ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.0.9.0/24")["Subnet"]
    assert "has no route to S3" in str(network.s3_obstacle(extra["SubnetId"]))
