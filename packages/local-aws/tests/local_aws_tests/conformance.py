"""Load balancers for the conformance tests, all in front of one function."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local_aws_tests.accounts import Account
from local_aws_tests.balanced import DataPlane, Service, eventually, package
from local_aws_tests.raw_http import Reply, http

HANDLER = """
import json, time

def handler(event, context):
    first, _, rest = event["path"][1:].partition("/")
    if first == "respond":
        return json.loads(bytes.fromhex(rest))
    if first == "large":
        return {"statusCode": 200, "body": "x" * int(rest)}
    if first == "header":
        return {"statusCode": 200, "headers": {"x-large": "x" * int(rest)}}
    if first == "sleep":
        time.sleep(float(rest))
    if first == "raise":
        raise ValueError("on purpose")
    if first == "unhealthy":
        return {"statusCode": 500}
    if first == "checked":
        print(json.dumps(event))
    field, value = "headers", "application/json"
    if "multiValueHeaders" in event:
        field, value = "multiValueHeaders", [value]
    return {"statusCode": 200, field: {"content-type": value}, "body": json.dumps(event)}
"""
"""Responds with the event, unless the first part of the path asks for something else."""

_READY_PATH = "/.ready"
_TIMEOUT_SECONDS = 20


def path_responding(response: Any) -> str:
    """Return the path at which the function gives this response."""
    return f"/respond/{json.dumps(response).encode().hex()}"


def condition(field: str, **configuration: Any) -> dict[str, Any]:
    name = "".join(word.title() for word in field.split("-"))
    return {"Field": field, f"{name}Config": configuration}


def path(*patterns: str) -> dict[str, Any]:
    """Return a path-pattern condition."""
    return condition("path-pattern", Values=list(patterns))


def header(name: str, *values: str) -> dict[str, Any]:
    """Return an http-header condition."""
    return condition("http-header", HttpHeaderName=name, Values=list(values))


def forward(group_arn: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group_arn}


def fixed_response(text: str, status: int = 200) -> dict[str, Any]:
    """Return the action that responds with a text."""
    response = {"StatusCode": str(status), "ContentType": "text/plain", "MessageBody": text}
    return {"Type": "fixed-response", "FixedResponseConfig": response}


class Rule:
    """A rule to create, with one condition or several."""

    def __init__(
        self, action: dict[str, Any], *conditions: dict[str, Any], transforms: Any = ()
    ) -> None:
        self.arguments: dict[str, Any] = {
            "Actions": [action],
            "Conditions": conditions or [path("*")],
            **({"Transforms": transforms} if transforms else {}),
        }


@dataclass(frozen=True, slots=True)
class ServedListener:
    """A listener and the loopback port that serves it."""

    arn: str
    local_port: int

    def send(self, sent: bytes) -> Reply:
        """Send bytes on a new connection; return the reply when the server closes it."""
        with self.connection() as connection:
            connection.sendall(sent)
            return Reply(read_to_end(connection))

    def get(self, target: str, *headers: str) -> Reply:
        return self.send(http(f"GET {target}", *headers))

    def event(self, sent: bytes) -> dict[str, Any]:
        """Send bytes and return the event that the function received."""
        event: dict[str, Any] = self.send(sent).json()
        return event

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.local_port), timeout=20) as connection:
            yield connection


class Balancers:
    """Load balancers, created when a test first asks for them. ``service`` has the function."""

    def __init__(self, account: Account, plane: DataPlane) -> None:
        self.service = Service(account, HANDLER, Timeout=2)
        self.plane = plane
        self.elb = self.service.balancers
        self.account = account
        self._listeners: dict[str, ServedListener] = {}
        self._groups: dict[str, str] = {}
        self._ports = itertools.count(81)
        self.allow("api", Qualifier="live")

    def listener(
        self,
        name: str = "plain",
        attributes: Mapping[str, str] | None = None,
        *,
        multi_value: bool = False,
        port: int = 80,
    ) -> ServedListener:
        """A listener of a load balancer of this name, whose only rule forwards."""
        if name not in self._listeners:
            self._listeners[name] = self._create_listener(name, attributes or {}, multi_value, port)
        return self._listeners[name]

    def default_listener(self) -> ServedListener:
        """The listener of the service, which responds with 404 by default."""
        return self.served(self.service.listener)

    def with_rules(self, *rules: Rule) -> ServedListener:
        """A listener with these rules in order of priority, and 404 for the rest."""
        listener = self.service.listen(next(self._ports))
        ready = Rule(fixed_response("ready"), path(_READY_PATH))
        # Created last: when it responds, the data plane knows all rules.
        for priority, rule in [*enumerate(rules, start=2), (1, ready)]:
            self._create_rule(listener, priority, rule)
        served = self.served(listener)
        self.until(served, _READY_PATH, 200)
        return served

    def create_rule(self, rule: Rule) -> None:
        """Create a rule that AWS refuses. Raises ClientError."""
        self._create_rule(self.service.listener, 1000, rule)

    def port(self, listener: ServedListener) -> int:
        """The port of the listener on AWS."""
        found: int = self._describe(listener.arn)["Port"]
        return found

    def group(self, name: str, *, empty: bool = False, **settings: Any) -> str:
        """The ARN of the target group of this name, with the function as its target."""
        if name in self._groups:
            return self._groups[name]
        created = self.elb.create_target_group(Name=name, TargetType="lambda", **settings)
        arn: str = created["TargetGroups"][0]["TargetGroupArn"]
        if not empty:
            self.elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": self.service.alias}])
        self._groups[name] = arn
        return arn

    def function(self, name: str) -> str:
        """Create another function with the same handler; return its ARN."""
        first = self.service.functions.get_function(FunctionName="api")["Configuration"]
        arn: str = self.service.functions.create_function(
            FunctionName=name,
            Role=first["Role"],
            Runtime=first["Runtime"],
            Handler=first["Handler"],
            Code={"ZipFile": package(HANDLER)},
        )["FunctionArn"]
        return arn

    def allow(self, function: str, **qualifier: str) -> None:
        """Allow every target group to invoke a function."""
        self.service.functions.add_permission(
            FunctionName=function,
            StatementId="every-group",
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            **qualifier,
        )

    def until(self, listener: ServedListener, target: str, status: int) -> Reply:
        """Return the reply as soon as it has this status."""

        def look() -> Reply | None:
            reply = listener.get(target)
            return reply if reply.status == status else None

        return eventually(look, _TIMEOUT_SECONDS)

    def load_balancer(self, name: str) -> str:
        """Create another load balancer in the network of the first; return its ARN."""
        first = self.elb.describe_load_balancers(Names=["lb"])["LoadBalancers"][0]
        created = self.elb.create_load_balancer(
            Name=name,
            Subnets=[zone["SubnetId"] for zone in first["AvailabilityZones"]],
            SecurityGroups=first["SecurityGroups"],
        )
        arn: str = created["LoadBalancers"][0]["LoadBalancerArn"]
        return arn

    def served(self, listener_arn: str) -> ServedListener:
        """Return the listener as soon as it is served."""
        listener = self._describe(listener_arn)
        key = (listener["LoadBalancerArn"], listener["Port"])

        def look() -> int | None:
            for each in self.plane.state().get("listeners", ()):
                if (each["load_balancer_arn"], each["listener_port"]) == key:
                    port: int = each["local_port"]
                    return port
            return None

        return ServedListener(listener_arn, eventually(look, _TIMEOUT_SECONDS))

    def _describe(self, listener_arn: str) -> Any:
        return self.elb.describe_listeners(ListenerArns=[listener_arn])["Listeners"][0]

    def _create_rule(self, listener_arn: str, priority: int, rule: Rule) -> None:
        self.elb.create_rule(ListenerArn=listener_arn, Priority=priority, **rule.arguments)

    def _create_listener(
        self, name: str, attributes: Mapping[str, str], multi_value: bool, port: int
    ) -> ServedListener:
        balancer = self.load_balancer(name)
        pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
        if pairs:
            self.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=pairs)
        group = self.group(name)
        if multi_value:
            pair = {"Key": "lambda.multi_value_headers.enabled", "Value": "true"}
            self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[pair])
        listener = self.elb.create_listener(
            LoadBalancerArn=balancer,
            Port=port,
            Protocol="HTTP",
            DefaultActions=[forward(group)],
        )["Listeners"][0]["ListenerArn"]
        return self.served(listener)


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(1 << 20):
        received += part
    return received
