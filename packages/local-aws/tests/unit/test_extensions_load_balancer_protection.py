from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import Plane


@pytest.fixture
def balancers(plane: Plane) -> Any:
    return plane.client("elbv2")


@pytest.fixture
def arn(plane: Plane, balancers: Any) -> str:
    ec2 = plane.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for cidr, zone in (("10.0.0.0/24", "eu-west-1a"), ("10.0.1.0/24", "eu-west-1b"))
    ]
    made = balancers.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]
    found: str = made["LoadBalancerArn"]
    return found


def protect(balancers: Any, arn: str, value: str) -> None:
    attribute = {"Key": "deletion_protection.enabled", "Value": value}
    balancers.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])


def test_a_protected_load_balancer_stays_until_the_protection_is_off(
    balancers: Any, arn: str
) -> None:
    protect(balancers, arn, "true")
    with pytest.raises(ClientError, match="deletion protection is enabled") as refused:
        balancers.delete_load_balancer(LoadBalancerArn=arn)
    answer = refused.value.response
    assert answer["Error"]["Code"] == "OperationNotPermitted"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(balancers.describe_load_balancers()["LoadBalancers"]) == 1
    protect(balancers, arn, "false")
    balancers.delete_load_balancer(LoadBalancerArn=arn)
    assert balancers.describe_load_balancers()["LoadBalancers"] == []


def test_listeners_of_a_protected_load_balancer_may_go(balancers: Any, arn: str) -> None:
    protect(balancers, arn, "true")
    listener = balancers.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    balancers.delete_listener(ListenerArn=listener)
    assert balancers.describe_listeners(LoadBalancerArn=arn)["Listeners"] == []
