"""Web ACLs, security groups and routes apply to a running data plane."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_aws import LocalCloud
from local_aws_tests.accounts import DEV, REGION, Account, a_function, a_zip, get, unused_port

HANDLER = """
import json, os
from botocore.config import Config
from botocore.exceptions import ClientError
import botocore.session

quick = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
s3 = botocore.session.get_session().create_client("s3", config=quick)

def lambda_handler(event, context):
    try:
        s3.list_buckets()
        found = "S3"
    except ClientError:
        found = "S3"  # an answer, even if the role is not allowed to list
    except Exception as error:
        found = type(error).__name__
    return {"statusCode": 200, "headers": {}, "body": json.dumps(found)}
"""
VISIBLE = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}


class Network:
    """A load balancer in two public subnets and a function in a private one."""

    def __init__(self, account: Account) -> None:
        self.ec2, self.elb, self.waf = (account.client(each) for each in ("ec2", "elbv2", "wafv2"))
        self.functions = account.client("lambda")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]
            for number in range(3)
        ]
        public, self.private = (
            self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
            for _ in range(2)
        )
        self.ec2.create_route(
            RouteTableId=public, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
        )
        for table, subnet in zip((public, public, self.private), self.subnets, strict=True):
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet["SubnetId"])
        self.lb_group, self.function_group = (
            self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)[
                "GroupId"
            ]
            for name in ("lb", "function")
        )
        self.balancer = self._serve(account)

    def _serve(self, account: Account) -> str:
        vpc = {
            "SubnetIds": [self.subnets[2]["SubnetId"]],
            "SecurityGroupIds": [self.function_group],
        }
        a_function(account, a_zip(HANDLER), VpcConfig=vpc, Timeout=10)
        arn = self.functions.get_function(FunctionName="api")["Configuration"]["FunctionArn"]
        group = self.elb.create_target_group(Name="api", TargetType="lambda")["TargetGroups"][0]
        self.functions.add_permission(
            FunctionName="api",
            StatementId="lb",
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            SourceArn=group["TargetGroupArn"],
        )
        self.elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": arn}])
        balancer = self.elb.create_load_balancer(
            Name="lb",
            Subnets=[each["SubnetId"] for each in self.subnets[:2]],
            SecurityGroups=[self.lb_group],
        )["LoadBalancers"][0]
        forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
        self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[forward],
        )
        return str(balancer["LoadBalancerArn"])

    def allow_http(self) -> None:
        self.ec2.authorize_security_group_ingress(
            GroupId=self.lb_group,
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": 80,
                    "ToPort": 80,
                    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
                }
            ],
        )

    def add_endpoint(self) -> None:
        self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            VpcEndpointType="Gateway",
            ServiceName=f"com.amazonaws.{REGION}.s3",
            RouteTableIds=[self.private],
        )

    def block(self, path: str) -> None:
        match = {
            "SearchString": path.encode(),
            "FieldToMatch": {"UriPath": {}},
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
            "PositionalConstraint": "EXACTLY",
        }
        rule: Any = {
            "Name": "path",
            "Priority": 0,
            "Statement": {"ByteMatchStatement": match},
            "Action": {"Block": {}},
            "VisibilityConfig": VISIBLE,
        }
        summary = self.waf.create_web_acl(
            Name="acl",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig=VISIBLE,
            Rules=[rule],
        )["Summary"]
        self.waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=self.balancer)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path / "state")
    yield cloud
    cloud.stop(save=False)


def served_url(cloud: LocalCloud) -> str:
    """Wait until the load balancer is served, and return its URL."""
    cloud.wait_for_load_balancers()
    return cloud.listeners(DEV)[0].url


def log(tmp_path: Path) -> str:
    return (tmp_path / "state" / "logs" / f"load-balancer-{DEV}.log").read_text()


def eventually(url: str, wanted: tuple[int, Any]) -> None:
    """Wait for the answer; status 0 stands for a refused connection."""
    deadline = time.monotonic() + 15
    while (found := answer(url)) != wanted:
        assert time.monotonic() < deadline, f"{url} answers {found}, not {wanted}"
        time.sleep(0.1)


def answer(url: str) -> tuple[int, Any]:
    try:
        status, body = get(url)
    except OSError:
        return 0, None
    return status, json.loads(body) if status == 200 else None


def test_each_mistake_shows_as_on_aws_until_it_is_corrected(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    network = Network(Account(cloud.start(), DEV))
    url = served_url(cloud)

    eventually(url, (0, None))
    assert f"{network.lb_group} has no ingress rule that opens tcp/80" in log(tmp_path)
    assert "no ingress rule" in str(cloud.listeners(DEV)[0].obstacle)

    network.allow_http()
    eventually(url, (200, "ReadTimeoutError"))
    assert "function api cannot reach S3" in log(tmp_path)
    assert "neither a gateway endpoint nor a NAT gateway" in log(tmp_path)

    network.add_endpoint()
    eventually(url, (200, "S3"))

    network.block("/admin")
    eventually(f"{url}/admin", (403, None))
    assert answer(url)[0] == 200
    assert "GET /admin is blocked by path of acl" in log(tmp_path)


def test_an_unprotected_load_balancer_ignores_web_acl_and_network(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    network = Network(Account(cloud.start(), DEV))
    network.block("/admin")
    eventually(served_url(cloud), (0, None))
    cloud.prefer(DEV, http_port=unused_port(), unprotected=True)
    url = served_url(cloud)
    eventually(f"{url}/admin", (200, "S3"))
