"""A function behind a load balancer, and the processes that serve it without a supervisor."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from local_aws import control_plane_client, files
from local_aws.ports import LOOPBACK
from local_aws_tests.accounts import REGION, Account, Reachable, unused_port

Found = TypeVar("Found")

HANDLER = """
import json, os, sys, time
import boto3

print("cold start")

def handler(event, context):
    print("path", event["path"])
    query = event["queryStringParameters"]
    if "sleep" in query:
        time.sleep(float(query["sleep"]))
    if "exit" in query:
        sys.exit(3)
    if "raise" in query:
        raise ValueError("on purpose")
    if "return" in query:
        return query["return"]
    body = {
        "pid": os.getpid(),
        "version": context.function_version,
        "remaining": context.get_remaining_time_in_millis(),
        "arn": context.invoked_function_arn,
        "environment": dict(os.environ),
        "event": event,
    }
    if "identity" in query:
        body["identity"] = boto3.client("sts").get_caller_identity()["Arn"]
    return {"statusCode": 200, "headers": {"content-type": "application/json"},
            "body": json.dumps(body)}
"""


MAY_LOG = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        }
    ],
}
"""The statements of AWSLambdaBasicExecutionRole."""


def eventually(look: Callable[[], Found | None], seconds: float = 15.0) -> Found:
    """Return the first true result. Raises AssertionError if there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds")


class Service:
    """``api:live`` behind ``/health`` and ``/api/*`` of load balancer ``lb``; 404 elsewhere."""

    def __init__(self, account: Account, handler: str = HANDLER, **function: Any) -> None:
        self.account = account
        self.functions = account.client("lambda")
        self.balancers = account.client("elbv2")
        self.logs = account.client("logs")
        self._make_function(handler, function)
        self._make_load_balancer()

    def publish(self, handler: str) -> str:
        """Publish other code and return its version. The alias does not change."""
        answer = self.functions.update_function_code(
            FunctionName="api", ZipFile=package(handler), Publish=True
        )
        return str(answer["Version"])

    def add_rule(self, priority: int, path: str, action: dict[str, Any]) -> None:
        self.balancers.create_rule(
            ListenerArn=self.listener,
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
            Actions=[action],
        )

    def log_messages(self) -> list[str]:
        """Return all messages in the function's log group; none if the group is missing."""
        try:
            streams = self.logs.describe_log_streams(logGroupName="/aws/lambda/api")["logStreams"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName="/aws/lambda/api", logStreamName=stream["logStreamName"]
            )["events"]
        ]

    def _make_function(self, handler: str, function: dict[str, Any]) -> None:
        iam = self.account.client("iam")
        role = iam.create_role(RoleName="lambda_role", AssumeRolePolicyDocument="{}")["Role"]
        iam.put_role_policy(
            RoleName="lambda_role", PolicyName="logs", PolicyDocument=json.dumps(MAY_LOG)
        )
        settings = {
            "Runtime": "python3.13",
            "Handler": "lambda.handler",
            "Timeout": 3,
            "Environment": {"Variables": {"BUCKET": "documents"}},
            **function,
        }
        made = self.functions.create_function(
            FunctionName="api",
            Role=role["Arn"],
            Code={"ZipFile": package(handler)},
            Publish=True,
            **settings,
        )
        version = made["Version"]
        alias = self.functions.create_alias(
            FunctionName="api", Name="live", FunctionVersion=version
        )
        self.alias: str = alias["AliasArn"]

    def _make_load_balancer(self) -> None:
        subnets, group = self._make_network()
        elb = self.balancers
        made = elb.create_load_balancer(Name="lb", Subnets=subnets, SecurityGroups=[group])
        self.load_balancer: str = made["LoadBalancers"][0]["LoadBalancerArn"]
        targets = elb.create_target_group(Name="api", TargetType="lambda")["TargetGroups"][0]
        self.target_group: str = targets["TargetGroupArn"]
        self.functions.add_permission(
            FunctionName="api",
            Qualifier="live",
            StatementId="load-balancer",
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            SourceArn=self.target_group,
        )
        elb.register_targets(TargetGroupArn=self.target_group, Targets=[{"Id": self.alias}])
        self.listener: str = self.listen(80)
        forward = {"Type": "forward", "TargetGroupArn": self.target_group}
        self.add_rule(10, "/health", forward)
        self.add_rule(20, "/api/*", forward)

    def _make_network(self) -> tuple[list[str], str]:
        """Create two public subnets, and a security group that admits every client."""
        ec2 = self.account.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
        main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
        ec2.create_route(
            RouteTableId=main["RouteTables"][0]["RouteTableId"],
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=gateway,
        )
        made = ec2.create_security_group(VpcId=vpc, GroupName="lb", Description="all clients")
        anyone = [{"CidrIp": "0.0.0.0/0"}]
        ec2.authorize_security_group_ingress(
            GroupId=made["GroupId"], IpPermissions=[{"IpProtocol": "-1", "IpRanges": anyone}]
        )
        return subnets, made["GroupId"]

    def listen(self, port: int) -> str:
        """Add a listener that answers 404, and return its ARN."""
        answer = {"StatusCode": "404", "ContentType": "application/json", "MessageBody": "{}"}
        listener: str = self.balancers.create_listener(
            LoadBalancerArn=self.load_balancer,
            Port=port,
            Protocol="HTTP",
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
        )["Listeners"][0]["ListenerArn"]
        return listener


class ControlPlane:
    """``python -m local_aws.control_plane`` without a supervisor, so that only the test starts a
    load balancer. Its port stays the same."""

    def __init__(self, folder: Path) -> None:
        self._snapshots = folder / "snapshots"
        self._log = folder / "control-plane.log"
        self._port = unused_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://{LOOPBACK}:{self._port}"
        folder.mkdir(exist_ok=True)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "local_aws.control_plane", "--port", str(self._port)]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--snapshots", str(self._snapshots)], stdout=output, stderr=output
            )
        eventually(lambda: control_plane_client.health(self._port))

    def stop(self, *, save: bool) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM if save else signal.SIGKILL)
        self._process.wait(30)


@contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    """Run a control plane and kill it afterwards; nothing is saved."""
    plane = ControlPlane(folder)
    try:
        plane.start()
        yield plane
    finally:
        plane.stop(save=False)


@dataclass(slots=True)
class DataPlane:
    """A running ``python -m local_aws.load_balancer``."""

    process: subprocess.Popen[bytes]
    listeners_file: Path
    log: Path

    def state(self) -> dict[str, Any]:
        """Return the content of its listeners file; nothing before it has written one."""
        content = files.read_json(self.listeners_file)
        return content if content.get("pid") == self.process.pid else {}

    def listeners(self) -> dict[int, str]:
        """Return URLs by the listener's port."""
        return {each["listener_port"]: each["url"] for each in self.state().get("listeners", ())}

    def url(self, port: int = 80) -> str:
        return eventually(lambda: self.listeners().get(port))

    def statistics(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    def workers(self) -> list[psutil.Process]:
        return self.statistics().children()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def data_plane(
    endpoint: Reachable,
    account: Account,
    folder: Path,
    http_port: int,
    poll_seconds: float = 0.2,
    *,
    more: Mapping[str, str] | None = None,
) -> Iterator[DataPlane]:
    """Run a load balancer process of an account, with ``more`` options; kill it afterwards."""
    folder.mkdir(exist_ok=True)
    log = folder / "log"
    options = {
        "--endpoint-url": endpoint.url,
        "--region": REGION,
        "--account": account.id,
        "--http-port": str(http_port),
        "--listeners-file": str(folder / "listeners.json"),
        "--poll-seconds": str(poll_seconds),
        **(more or {}),
    }
    words = [word for pair in options.items() for word in pair]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_aws.load_balancer", *words],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    plane = DataPlane(process, folder / "listeners.json", log)
    try:
        eventually(plane.state)
        yield plane
    finally:
        process.kill()
        process.wait()


def package(handler: str) -> bytes:
    """Return the zip of a function whose module is ``lambda``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("lambda.py", handler)
    return buffer.getvalue()
