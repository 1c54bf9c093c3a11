"""Who runs functions: the load balancer process of an account and Region, once it has said so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Runtime:
    """``port`` is on loopback; ``token`` lets calls in there."""

    account: str
    region: str
    port: int
    token: str = field(repr=False)

    @classmethod
    def parse(cls, body: bytes) -> Runtime:
        """From ``{"account", "region", "port", "token"}``. Raises ValueError."""
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
    """Those that run, in memory only: they register again with a control plane that is new."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Runtime] = {}

    def register(self, runtime: Runtime) -> None:
        self._known[runtime.account, runtime.region] = runtime

    def find(self, account: str, region: str) -> Runtime | None:
        return self._known.get((account, region))
