"""A completed request, as the access log and the metrics record it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, Protocol

from local_aws.load_balancer.configuration import Listener
from local_aws.load_balancer.desync import ClassificationReason
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response
from local_aws.load_balancer.rules import RoutingDecision


@dataclass(frozen=True, slots=True)
class Client:
    """The client of a connection; ``trace_id`` names the connection in every log."""

    address: IPv4Address | IPv6Address
    port: int
    trace_id: str


class CompletedRequest(NamedTuple):
    """A request and its response.

    ``request`` is None for bytes that are not a request, ``decision`` for a request that reached
    no rule, ``trace_id`` (X-Amzn-Trace-Id) for a request that no function received. ``version`` is
    the HTTP version of the request line. ``received_at`` is in seconds since the epoch, when the
    whole request had arrived; ``target_processing_seconds`` is from then to the response.
    """

    listener: Listener
    client: Client
    request: Request | None
    version: str
    classification_reason: ClassificationReason | None
    decision: RoutingDecision | None
    trace_id: str | None
    response: Response
    received_at: float
    target_processing_seconds: float
    received_bytes: int
    sent_bytes: int


class Observer(Protocol):
    """Receives what happens on connections, for logs and metrics.

    Methods run in the event loop: they must be quick and must not raise.
    """

    def connected(self, listener: Listener, client: Client) -> None: ...

    def disconnected(self, listener: Listener) -> None: ...

    def finished(self, completed: CompletedRequest) -> None: ...
