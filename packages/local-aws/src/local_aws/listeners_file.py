"""The file in which a load balancer process says which listeners it serves, and where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local_aws import files


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of AWS and the loopback port on which it answers here.

    ``obstacle`` says why no client would reach it on AWS; it then refuses connections here too.
    """

    load_balancer_arn: str
    dns_name: str
    listener_port: int
    protocol: str
    local_port: int
    url: str
    obstacle: str | None = None


class ListenersFile:
    """Written by one process, for all Regions that it serves::

        {"pid", "http_port", "listeners": [Listener], "ports": {Region: {listener key: local port}}}

    ``ports`` includes deleted listeners: a listener that is created again gets its port again.
    """

    def __init__(self, path: Path, http_port: int) -> None:
        self.path = path
        self.http_port = http_port
        self._served: dict[str, tuple[Listener, ...] | None] = {}
        self._ports = _ports_of(files.read_json(path), http_port)

    def expect(self, region: str) -> None:
        """Delay writing until ``update`` was called for this Region."""
        self._served.setdefault(region, None)

    def ports(self, region: str) -> dict[str, int]:
        """Return the ports of an earlier run with the same ``http_port``, by listener key."""
        return dict(self._ports.get(region, {}))

    def had_http_port(self, region: str) -> bool:
        """Return True if a listener of this Region had the preferred port in an earlier run."""
        return self.http_port in self._ports.get(region, {}).values()

    def update(
        self, region: str, listeners: tuple[Listener, ...], ports: Mapping[str, int]
    ) -> None:
        """Replace the file in one step. Raises OSError."""
        self._served[region] = listeners
        self._ports[region] = dict(ports)
        if None in self._served.values():
            return
        served = [each for found in self._served.values() for each in found or ()]
        content = {
            "pid": os.getpid(),
            "http_port": self.http_port,
            "listeners": [asdict(each) for each in served],
            "ports": self._ports,
        }
        files.write_json(self.path, content)


def certificate(path: Path) -> Path:
    """Return the certificate of HTTPS listeners of the process that writes this file."""
    return path.with_name("tls") / "certificate.pem"


def read(path: Path) -> tuple[int, tuple[Listener, ...]] | None:
    """Return the writer's pid and its listeners; None if the file is missing or damaged."""
    value = files.read_json(path)
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
        return int(value["pid"]), listeners
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def http_port(path: Path) -> int | None:
    """Return the preferred HTTP port of the process that wrote the file."""
    port = files.read_json(path).get("http_port")
    return port if isinstance(port, int) and 0 < port < 65536 else None


def reserve(path: Path, http_port: int) -> None:
    """Write the preferred HTTP port of a process that does not run yet. Raises OSError."""
    files.write_json(path, {"http_port": http_port})


def _ports_of(value: Mapping[str, object], http_port: int) -> dict[str, dict[str, int]]:
    if value.get("http_port") != http_port:
        return {}
    try:
        return {
            str(region): {str(key): int(port) for key, port in ports.items()}
            for region, ports in value["ports"].items()  # type: ignore[attr-defined]
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
