"""What is known of an exchange when its answer is on its way: for logs and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, Protocol

from local_aws.load_balancer.configuration import Listener
from local_aws.load_balancer.desync import Reason
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Answer
from local_aws.load_balancer.rules import Decision


@dataclass(frozen=True, slots=True)
class Client:
    """The other end of a connection; ``trace_id`` names the connection in every log."""

    address: IPv4Address | IPv6Address
    port: int
    trace_id: str


class Finished(NamedTuple):
    """``request`` is None for what could not be read, ``decision`` for what met no rule.

    ``version`` is that of the request line. ``trace_id`` is the X-Amzn-Trace-Id that a function
    got, None where none was asked. ``received_at`` is seconds since the epoch, when the request
    had come whole; ``answer_seconds`` is from then until the answer was there, nearly all of it
    the function's.
    """

    listener: Listener
    client: Client
    request: Request | None
    version: str
    finding: Reason | None
    decision: Decision | None
    trace_id: str | None
    answer: Answer
    received_at: float
    answer_seconds: float
    received_bytes: int
    sent_bytes: int


class Observer(Protocol):
    """Called in the event loop; every method must be quick and must not raise."""

    def connected(self, listener: Listener, client: Client) -> None:
        """Somebody has connected."""

    def disconnected(self, listener: Listener) -> None:
        """A connection has ended."""

    def finished(self, exchange: Finished) -> None:
        """An answer was written."""
