"""What a load balancer process says it serves: the file that it replaces on every change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local_aws import json_file


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of AWS and the loopback port on which it answers here.

    ``obstacle`` says why no client would reach it on AWS, so that it refuses connections.
    """

    load_balancer_arn: str
    dns_name: str
    listener_port: int
    protocol: str
    local_port: int
    url: str
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """Listeners in the order of the file, and the process that wrote it."""

    pid: int
    listeners: tuple[Listener, ...]


def certificate(path: Path) -> Path:
    """Where the process that writes this file keeps the certificate of its HTTPS listeners."""
    return path.with_name("tls") / "certificate.pem"


def read(path: Path) -> Listening | None:
    """None while there is no file, or none of this shape."""
    value = json_file.read(path)
    if value is None:
        return None
    try:
        listeners = tuple(
            Listener(
                load_balancer_arn=str(item["load_balancer_arn"]),
                dns_name=str(item["dns_name"]),
                listener_port=int(item["listener_port"]),
                protocol=str(item["protocol"]),
                local_port=int(item["local_port"]),
                url=str(item["url"]),
                obstacle=None if item.get("obstacle") is None else str(item["obstacle"]),
            )
            for item in value["listeners"]
        )
        return Listening(int(value["pid"]), listeners)
    except (KeyError, TypeError, ValueError):
        return None
