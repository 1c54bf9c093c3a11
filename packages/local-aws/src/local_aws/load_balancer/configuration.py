"""The configuration of load balancers, as immutable values.

A feature of AWS that this package lacks is part of the configuration as Unsupported, and requests
that need it get a 501 that names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A feature of AWS that this package lacks, described for a person."""

    feature: str


@dataclass(frozen=True, slots=True)
class PathPattern:
    """``values`` are wildcard patterns, ``regexes`` regular expressions; any of them may match."""

    values: tuple[str, ...]
    regexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostHeader:
    values: tuple[str, ...]
    regexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpHeader:
    """``name`` is lower case."""

    name: str
    values: tuple[str, ...]
    regexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestMethod:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryString:
    """``values`` are pairs of key and value; the key None matches any key."""

    values: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True)
class SourceIp:
    networks: tuple[Network, ...]


Condition = (
    PathPattern | HostHeader | HttpHeader | RequestMethod | QueryString | SourceIp | Unsupported
)


@dataclass(frozen=True, slots=True)
class FixedResponse:
    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Parts may contain ``#{protocol}``, ``#{host}``, ``#{port}``, ``#{path}`` and ``#{query}``."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """``codes`` is a list of statuses and ranges such as ``200,202-299``."""

    path: str = "/"
    interval_seconds: int = 35
    timeout_seconds: int = 30
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    codes: str = "200"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """``target_ids`` are function ARNs if ``target_type`` is lambda.

    ``health_check`` is None if health checks are disabled, the default for functions.
    """

    arn: str
    target_type: str
    target_ids: tuple[str, ...]
    multi_value_headers: bool = False
    health_check: HealthCheck | None = None


@dataclass(frozen=True, slots=True)
class WeightedGroup:
    """``group`` is None if the target group does not exist."""

    arn: str
    weight: int
    group: TargetGroup | None


@dataclass(frozen=True, slots=True)
class Forward:
    """``sticky_seconds`` is the duration of target group stickiness, None if it is disabled."""

    groups: tuple[WeightedGroup, ...]
    sticky_seconds: int | None = None


Action = FixedResponse | Redirect | Forward | Unsupported


@dataclass(frozen=True, slots=True)
class Transform:
    """``rewrites`` are pairs of a regular expression and the replacement of its match."""

    kind: Literal["url-rewrite", "host-header-rewrite"]
    rewrites: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """``priority`` is None for the default rule, which has neither conditions nor transforms."""

    arn: str
    priority: int | None
    conditions: tuple[Condition, ...]
    action: Action
    transforms: tuple[Transform, ...] = ()


@dataclass(frozen=True, slots=True)
class LogDestination:
    """Bucket and prefix for logs; the prefix may be empty."""

    bucket: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Attributes of a load balancer, with AWS's defaults. Logs are None if they are disabled."""

    idle_timeout_seconds: int = 60
    xff_mode: Literal["append", "preserve", "remove"] = "append"
    xff_client_port: bool = False
    preserve_host_header: bool = False
    drop_invalid_headers: bool = False
    desync_mode: Literal["monitor", "defensive", "strictest"] = "defensive"
    access_logs: LogDestination | None = None
    connection_logs: LogDestination | None = None


@dataclass(frozen=True, slots=True)
class NetworkPlacement:
    """Security groups, subnets and scheme of a load balancer."""

    group_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    is_internal: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """``rules`` are in order of evaluation, the default rule last.

    ``response_headers`` replace headers of the same name in responses of targets. ``unsupported``
    is set if the listener as a whole cannot be served. ``obstacle`` says why no client could reach
    the listener on AWS.
    """

    arn: str
    load_balancer_arn: str
    load_balancer_name: str
    dns_name: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    attributes: Attributes = Attributes()
    response_headers: tuple[tuple[str, str], ...] = ()
    unsupported: Unsupported | None = None
    network: NetworkPlacement = NetworkPlacement()
    obstacle: str | None = None

    @property
    def key(self) -> str:
        """The same for a load balancer that is destroyed and created again."""
        return f"{self.load_balancer_name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The listeners of one account and Region, in a stable order."""

    listeners: tuple[Listener, ...] = ()

    @property
    def target_groups(self) -> frozenset[TargetGroup]:
        """Every target group that a rule forwards to."""
        return frozenset(
            weighted.group
            for listener in self.listeners
            for rule in listener.rules
            if isinstance(rule.action, Forward)
            for weighted in rule.action.groups
            if weighted.group is not None
        )

    @property
    def function_arns(self) -> frozenset[str]:
        """Every function that a rule forwards to."""
        return frozenset(
            arn
            for group in self.target_groups
            if group.target_type == "lambda"
            for arn in group.target_ids
        )
