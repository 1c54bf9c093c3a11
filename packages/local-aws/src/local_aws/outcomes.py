"""What the cloud of a checkout answers to those who start it and look at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from local_aws.listeners import Listener


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A control plane that answers.

    ``started`` is False when it ran before; ``restored`` when its state comes from a snapshot;
    ``recovered`` when the last one had ended without being stopped, and what it had not saved
    is gone.
    """

    url: str
    port: int
    pid: int
    restored: bool
    started: bool
    recovered: bool


@dataclass(frozen=True, slots=True)
class LoadBalancerProcess:
    """The data plane of one environment. ``listeners`` is empty while it has no load balancer.

    ``pid`` is that of the process that serves, of which there may soon be another.
    """

    environment: str
    pid: int
    listeners: tuple[Listener, ...]
    started: bool

    @property
    def url(self) -> str | None:
        """Where the environment answers: its first listener."""
        return self.listeners[0].url if self.listeners else None


class State(StrEnum):
    RUNNING = "running"
    NOT_ANSWERING = "not answering"
    GONE = "ended by itself"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """``urls`` is what answers now; ``since`` is when the process was started (ISO 8601, UTC).

    ``pid`` is what to send a signal to: of a load balancer its keeper, while there is one.
    """

    name: str
    pid: int
    state: State
    urls: tuple[str, ...]
    since: str
