"""Who a checkout's cloud is, and the ports that it had last time."""

from __future__ import annotations

import secrets
from pathlib import Path

from local_aws import json_file


class Identity:
    """Kept in one file. Losing it costs nothing but the same ports again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def token(self) -> str:
        """Our control plane answers with it; another checkout's, on our port, does not."""
        token = self._read().get("token")
        if isinstance(token, str) and token:
            return token
        fresh = secrets.token_hex(8)
        self._update({"token": fresh})
        return fresh

    def port(self, name: str, default: int) -> int:
        """The port that the process of this name had last, so that URLs stay the same."""
        ports = self._read().get("ports")
        port = ports.get(name) if isinstance(ports, dict) else None
        return port if isinstance(port, int) and 0 < port < 65536 else default

    def remember_port(self, name: str, port: int) -> None:
        ports = self._read().get("ports")
        self._update({"ports": (ports if isinstance(ports, dict) else {}) | {name: port}})

    def _read(self) -> dict[str, object]:
        return json_file.read(self._path) or {}

    def _update(self, values: dict[str, object]) -> None:
        json_file.write(self._path, self._read() | values)
