from __future__ import annotations

from local_aws_tests.plane import Plane


def test_the_default_vpc_reaches_the_internet(plane: Plane) -> None:
    ec2 = plane.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    assert [each["VpcId"] for each in gateway["Attachments"]] == [vpc["VpcId"]]
    (table,) = ec2.describe_route_tables()["RouteTables"]
    routes = {each["DestinationCidrBlock"]: each["GatewayId"] for each in table["Routes"]}
    assert routes == {vpc["CidrBlock"]: "local", "0.0.0.0/0": gateway["InternetGatewayId"]}
