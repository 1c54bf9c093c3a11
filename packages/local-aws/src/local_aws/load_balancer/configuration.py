"""What a load balancer is: an immutable picture of its configuration.

Whatever AWS offers and this machine does not build yet is in the picture too, as Unsupported:
it is answered by name, never treated as something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A feature of AWS's that is not built here, in words for a person."""

    feature: str


@dataclass(frozen=True, slots=True)
class PathPattern:
    """``values`` have wildcards, ``regexes`` are regular expressions; any of them is enough."""

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
    """Pairs of key and value; a key of None stands for any key."""

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
    """Each part may hold ``#{protocol} #{host} #{port} #{path} #{query}``."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """``codes`` are statuses and ranges of them, such as ``200,202-299``."""

    path: str = "/"
    interval_seconds: int = 35
    timeout_seconds: int = 30
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    codes: str = "200"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """``target_ids`` are function ARNs where ``target_type`` is lambda.

    ``health_check`` is None where checks are off, as they are by default for functions.
    """

    arn: str
    target_type: str
    target_ids: tuple[str, ...]
    multi_value_headers: bool = False
    health_check: HealthCheck | None = None


@dataclass(frozen=True, slots=True)
class WeightedGroup:
    """``group`` is None when the rule names a target group that is gone."""

    arn: str
    weight: int
    group: TargetGroup | None


@dataclass(frozen=True, slots=True)
class Forward:
    """``sticky_seconds`` is how long a client stays with its group, None where it does not."""

    groups: tuple[WeightedGroup, ...]
    sticky_seconds: int | None = None


Action = FixedResponse | Redirect | Forward | Unsupported


@dataclass(frozen=True, slots=True)
class Transform:
    """``rewrites`` are pairs of a regular expression and what takes the place of its match."""

    kind: Literal["url-rewrite", "host-header-rewrite"]
    rewrites: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """``priority`` is None for the default rule, which has no conditions and no transforms."""

    arn: str
    priority: int | None
    conditions: tuple[Condition, ...]
    action: Action
    transforms: tuple[Transform, ...] = ()


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where logs go in S3; an empty prefix is none."""

    bucket: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Of the load balancer, with AWS's defaults; seconds where it is a time.

    Logs without a place are not written.
    """

    idle_timeout_seconds: int = 60
    xff_mode: Literal["append", "preserve", "remove"] = "append"
    xff_client_port: bool = False
    preserve_host_header: bool = False
    drop_invalid_headers: bool = False
    desync_mode: Literal["monitor", "defensive", "strictest"] = "defensive"
    access_logs: LogPlace | None = None
    connection_logs: LogPlace | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a load balancer is in the network."""

    group_ids: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    is_internal: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """``rules`` are in order of evaluation, the default rule last.

    ``response_headers`` take the place of what a target says under these names.
    ``refusal`` is set when nothing on this listener can be served, ``obstacle`` when no client
    would reach it on AWS.
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
    refusal: Unsupported | None = None
    place: Place = Place()
    obstacle: str | None = None

    @property
    def key(self) -> str:
        """Stays the same when the load balancer is destroyed and made again."""
        return f"{self.load_balancer_name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that one account and Region serves; ``listeners`` in a stable order."""

    listeners: tuple[Listener, ...] = ()

    @property
    def target_groups(self) -> frozenset[TargetGroup]:
        """Every target group that some rule forwards to."""
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
        """Every function that some rule forwards to."""
        return frozenset(
            arn
            for group in self.target_groups
            if group.target_type == "lambda"
            for arn in group.target_ids
        )
