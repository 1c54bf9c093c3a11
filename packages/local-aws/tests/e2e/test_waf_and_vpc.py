"""Web ACLs, security groups and routes apply to a running data plane."""

from __future__ import annotations

import json
import time
from typing import Any

from local_aws import LocalCloud
from local_aws_tests.accounts import DEV, PROD, REGION, Account, get, unused_port
from local_aws_tests.balanced import Service

HANDLER = """
import json, os
from botocore.config import Config
from botocore.exceptions import ClientError
import botocore.session

quick = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
s3 = botocore.session.get_session().create_client("s3", config=quick)

def handler(event, context):
    try:
        s3.list_buckets()
        found = "S3"
    except ClientError:
        found = "S3"  # an answer, even if the role is not allowed to list
    except Exception as error:
        found = type(error).__name__
    return {"statusCode": 200, "headers": {}, "body": json.dumps(found)}
"""
ALL_TRAFFIC = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
VISIBLE = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}


class Network:
    """The load balancer of ``Service``, closed at first, and a function in a private subnet."""

    def __init__(self, account: Account) -> None:
        self._ec2, self._waf = account.client("ec2"), account.client("wafv2")
        self._vpc = self._ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        subnet = self._ec2.create_subnet(VpcId=self._vpc, CidrBlock="10.1.0.0/24")["Subnet"]
        group = self._ec2.create_security_group(
            GroupName="function", Description="function", VpcId=self._vpc
        )
        vpc = {"SubnetIds": [subnet["SubnetId"]], "SecurityGroupIds": [group["GroupId"]]}
        service = Service(account, HANDLER, Timeout=10, VpcConfig=vpc)
        self._load_balancer = service.load_balancer
        [found] = service.balancers.describe_load_balancers()["LoadBalancers"]
        [self.lb_group] = found["SecurityGroups"]
        self._ec2.revoke_security_group_ingress(GroupId=self.lb_group, IpPermissions=ALL_TRAFFIC)

    def open(self) -> None:
        self._ec2.authorize_security_group_ingress(GroupId=self.lb_group, IpPermissions=ALL_TRAFFIC)

    def add_endpoint(self) -> None:
        of_vpc = [{"Name": "vpc-id", "Values": [self._vpc]}]
        [table] = self._ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
        self._ec2.create_vpc_endpoint(
            VpcId=self._vpc,
            VpcEndpointType="Gateway",
            ServiceName=f"com.amazonaws.{REGION}.s3",
            RouteTableIds=[table["RouteTableId"]],
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
        summary = self._waf.create_web_acl(
            Name="acl",
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig=VISIBLE,
            Rules=[rule],
        )["Summary"]
        self._waf.associate_web_acl(WebACLArn=summary["ARN"], ResourceArn=self._load_balancer)


def served_url(cloud: LocalCloud, account: str) -> str:
    """Wait until the load balancer is served, and return the URL of the API."""
    cloud.wait_for_load_balancers()
    return f"{cloud.listeners(account)[0].url}/api"


def log(cloud: LocalCloud) -> str:
    return cloud.log(f"load-balancer-{DEV}").read_text()


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
    cloud: LocalCloud, account: Account
) -> None:
    network = Network(account)
    url = served_url(cloud, DEV)

    eventually(f"{url}/s3", (0, None))
    assert f"{network.lb_group} has no ingress rule that opens tcp/80" in log(cloud)
    assert "no ingress rule" in str(cloud.listeners(DEV)[0].obstacle)

    network.open()
    eventually(f"{url}/s3", (200, "ReadTimeoutError"))
    assert "function api cannot reach S3" in log(cloud)
    assert "neither a gateway endpoint nor a NAT gateway" in log(cloud)

    network.add_endpoint()
    eventually(f"{url}/s3", (200, "S3"))

    network.block("/api/admin")
    eventually(f"{url}/admin", (403, None))
    assert answer(f"{url}/s3")[0] == 200
    assert "GET /api/admin is blocked by path of acl" in log(cloud)


def test_an_unprotected_load_balancer_ignores_web_acl_and_network(cloud: LocalCloud) -> None:
    network = Network(Account(cloud.start(), PROD))
    network.block("/api/admin")
    eventually(served_url(cloud, PROD), (0, None))
    cloud.prefer(PROD, http_port=unused_port(), unprotected=True)
    url = served_url(cloud, PROD)
    eventually(f"{url}/admin", (200, "S3"))
