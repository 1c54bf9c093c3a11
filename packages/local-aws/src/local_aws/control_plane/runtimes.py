"""Registered runtimes: the processes that run the functions of an account and Region."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Runtime:
    """``port`` is on loopback; the runtime accepts calls with ``token``."""

    account: str
    region: str
    port: int
    token: str = field(repr=False)

    @classmethod
    def parse(cls, body: bytes) -> Runtime:
        """Parse ``{"account", "region", "port", "token"}``. Raises ValueError."""
        try:
            value = json.loads(body)
            runtime = cls(
                str(value["account"]), str(value["region"]), int(value["port"]), str(value["token"])
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a runtime: {error}") from error
        if not 0 < runtime.port < 65536:
            raise ValueError(f"not a port: {runtime.port}")
        return runtime


class Runtimes:
    """Kept in memory only: a runtime registers again with a restarted control plane."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Runtime] = {}
        self._changed = threading.Condition()

    def register(self, runtime: Runtime) -> None:
        with self._changed:
            self._known[runtime.account, runtime.region] = runtime
            self._changed.notify_all()

    def forget(self, runtime: Runtime) -> None:
        """Remove a runtime that does not answer, unless another one has replaced it."""
        with self._changed:
            if self._known.get((runtime.account, runtime.region)) == runtime:
                del self._known[runtime.account, runtime.region]

    def find(self, account: str, region: str, wait_seconds: float = 0.0) -> Runtime | None:
        """Return the registered runtime, or None if there is none within that time."""
        with self._changed:
            self._changed.wait_for(lambda: (account, region) in self._known, wait_seconds)
            return self._known.get((account, region))
