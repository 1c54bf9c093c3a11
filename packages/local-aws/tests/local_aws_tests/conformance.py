"""Load balancers of every kind that the items need, all in front of one function that plays."""

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

PLAYER = """
import json, time

def handler(event, context):
    first, _, rest = event["path"][1:].partition("/")
    if first == "play":
        return json.loads(bytes.fromhex(rest))
    if first == "large":
        return {"statusCode": 200, "body": "x" * int(rest)}
    if first == "header":
        return {"statusCode": 200, "headers": {"x-large": "x" * int(rest)}}
    if first == "sleep":
        time.sleep(float(rest))
    if first == "raise":
        raise ValueError("on purpose")
    if first == "unwell":
        return {"statusCode": 500}
    if first == "checked":
        print(json.dumps(event))
    field, value = "headers", "application/json"
    if "multiValueHeaders" in event:
        field, value = "multiValueHeaders", [value]
    return {"statusCode": 200, field: {"content-type": value}, "body": json.dumps(event)}
"""
"""Answers with the event, unless the first part of the path asks for something else."""

_READY = "/.ready"
_PATIENCE_SECONDS = 20


def playing(response: Any) -> str:
    """The path at which the function gives this response."""
    return f"/play/{json.dumps(response).encode().hex()}"


def when(field: str, **configuration: Any) -> dict[str, Any]:
    """A condition of the field's own configuration."""
    name = "".join(word.title() for word in field.split("-"))
    return {"Field": field, f"{name}Config": configuration}


def says(text: str, status: int = 200) -> dict[str, Any]:
    """The action that answers with a text."""
    response = {"StatusCode": str(status), "ContentType": "text/plain", "MessageBody": text}
    return {"Type": "fixed-response", "FixedResponseConfig": response}


@dataclass(frozen=True, slots=True)
class Rule:
    """Of a listener; ``more`` are other arguments of CreateRule."""

    conditions: tuple[dict[str, Any], ...]
    action: dict[str, Any]
    more: Mapping[str, Any] | None = None


class Site:
    """Where this machine serves a listener."""

    def __init__(self, listener_arn: str, local_port: int) -> None:
        self.arn = listener_arn
        self.local_port = local_port

    def send(self, sent: bytes) -> Reply:
        """On a connection of its own; the reply until the server closes it."""
        with self.connection() as connection:
            connection.sendall(sent)
            return Reply(_rest(connection))

    def get(self, target: str, *headers: str) -> Reply:
        return self.send(http(f"GET {target}", *headers))

    def event(self, sent: bytes) -> dict[str, Any]:
        """What the function got."""
        event: dict[str, Any] = self.send(sent).json()
        return event

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.local_port), timeout=20) as connection:
            yield connection


class Stage:
    """What a test asks for is made once and then kept; ``service`` has the function."""

    def __init__(self, account: Account, plane: DataPlane) -> None:
        self.service = Service(account, PLAYER, Timeout=2)
        self.plane = plane
        self.elb = self.service.balancers
        self.account = account
        self._sites: dict[str, Site] = {}
        self._groups: dict[str, str] = {}
        self._ports = itertools.count(81)
        self.allow("api", Qualifier="live")

    def site(
        self,
        name: str = "plain",
        attributes: Mapping[str, str] | None = None,
        *,
        multi_value: bool = False,
        port: int = 80,
    ) -> Site:
        """A load balancer of this name, with these attributes, whose only rule is to forward."""
        if name not in self._sites:
            self._sites[name] = self._make(name, attributes or {}, multi_value, port)
        return self._sites[name]

    def default(self) -> Site:
        """A listener that answers 404 where nothing else is asked for."""
        return self.served(self.service.listener)

    def rules(self, *rules: Rule) -> Site:
        """A listener with these rules, by priority, and 404 for the rest."""
        listener = self.service.listen(next(self._ports))
        ready = Rule((when("path-pattern", Values=[_READY]),), says("ready"))
        # Made last and asked first: when it answers, all of them are served.
        for priority, rule in [*enumerate(rules, start=2), (1, ready)]:
            self._create(listener, priority, rule)
        site = self.served(listener)
        self.until(site, _READY, 200)
        return site

    def refused(self, rule: Rule) -> None:
        """Try to make a rule that AWS does not take. Raises ClientError."""
        self._create(self.service.listener, 1000, rule)

    def port(self, site: Site) -> int:
        """Of the listener on AWS."""
        found: int = self.elb.describe_listeners(ListenerArns=[site.arn])["Listeners"][0]["Port"]
        return found

    def group(self, name: str, *, empty: bool = False, **settings: Any) -> str:
        """The target group of this name, with the function in it; returns its ARN."""
        if name in self._groups:
            return self._groups[name]
        made = self.elb.create_target_group(Name=name, TargetType="lambda", **settings)
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        if not empty:
            self.elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": self.service.alias}])
        self._groups[name] = arn
        return arn

    def function(self, name: str) -> str:
        """Another function that plays; returns its ARN."""
        of_player = self.service.functions.get_function(FunctionName="api")["Configuration"]
        arn: str = self.service.functions.create_function(
            FunctionName=name,
            Role=of_player["Role"],
            Runtime=of_player["Runtime"],
            Handler=of_player["Handler"],
            Code={"ZipFile": package(PLAYER)},
        )["FunctionArn"]
        return arn

    def allow(self, function: str, **qualifier: str) -> None:
        """Let load balancers invoke a function from any target group."""
        self.service.functions.add_permission(
            FunctionName=function,
            StatementId="every-group",
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            **qualifier,
        )

    def until(self, site: Site, target: str, status: int) -> Reply:
        """The reply, as soon as it has this status."""

        def look() -> Reply | None:
            reply = site.get(target)
            return reply if reply.status == status else None

        return eventually(look, _PATIENCE_SECONDS)

    def _create(self, listener_arn: str, priority: int, rule: Rule) -> None:
        self.elb.create_rule(
            ListenerArn=listener_arn,
            Priority=priority,
            Conditions=list(rule.conditions),
            Actions=[rule.action],
            **(rule.more or {}),
        )

    def _make(self, name: str, attributes: Mapping[str, str], multi_value: bool, port: int) -> Site:
        balancer = self.balancer(name)
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
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )["Listeners"][0]["ListenerArn"]
        return self.served(listener)

    def balancer(self, name: str) -> str:
        """One more load balancer in the network of the first; returns its ARN."""
        first = self.elb.describe_load_balancers(Names=["lb"])["LoadBalancers"][0]
        made = self.elb.create_load_balancer(
            Name=name,
            Subnets=[zone["SubnetId"] for zone in first["AvailabilityZones"]],
            SecurityGroups=first["SecurityGroups"],
        )
        arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
        return arn

    def served(self, listener_arn: str) -> Site:
        """Where this machine serves a listener, as soon as it does."""
        listener = self.elb.describe_listeners(ListenerArns=[listener_arn])["Listeners"][0]
        place = (listener["LoadBalancerArn"], listener["Port"])

        def look() -> int | None:
            for each in self.plane.state().get("listeners", ()):
                if (each["load_balancer_arn"], each["listener_port"]) == place:
                    port: int = each["local_port"]
                    return port
            return None

        return Site(listener_arn, eventually(look, _PATIENCE_SECONDS))


def _rest(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(1 << 20):
        received += part
    return received
