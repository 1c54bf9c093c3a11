"""The state file: what the data plane serves, for whoever supervises it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Served:
    """A listener with the place where this machine serves it.

    ``obstacle`` says why no client would reach it on AWS; then connections are refused here too.
    """

    load_balancer_arn: str
    dns_name: str
    listener_port: int
    protocol: str
    local_port: int
    url: str
    obstacle: str | None = None


class StateFile:
    """``{"pid", "http_port", "listeners": [Served], "ports": {listener key: local port}}``.

    ``ports`` also remembers listeners that are gone, so that they come back where they were.
    """

    def __init__(self, path: Path, http_port: int) -> None:
        self.path = path
        self.http_port = http_port

    def remembered_ports(self) -> dict[str, int]:
        """From the file of an earlier run with the same ``http_port``; else nothing."""
        try:
            content = json.loads(self.path.read_bytes())
            if content["http_port"] != self.http_port:
                return {}
            return {str(key): int(port) for key, port in content["ports"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def write(self, listeners: tuple[Served, ...], ports: Mapping[str, int]) -> None:
        """Replace the file in one step."""
        content = {
            "pid": os.getpid(),
            "http_port": self.http_port,
            "listeners": [asdict(each) for each in listeners],
            "ports": dict(ports),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        aside.write_text(json.dumps(content, indent=2) + "\n")
        aside.replace(self.path)
