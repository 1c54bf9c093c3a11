"""Accounts and Regions in which a load balancer process is needed."""

from __future__ import annotations

import sys
from typing import Any


def account_regions() -> dict[str, list[str]]:
    """Return the Regions with load balancers or functions, by account.

    Reads moto's objects without its lock, so the answer may be a request old.
    """
    found: dict[str, set[str]] = {}
    for account, region, backend in _backends("moto.elbv2.models", "elbv2_backends"):
        if backend.load_balancers:
            found.setdefault(account, set()).add(region)
    for account, region, backend in _backends("moto.awslambda.models", "lambda_backends"):
        if backend._lambdas._functions:
            found.setdefault(account, set()).add(region)
    return {account: sorted(regions) for account, regions in sorted(found.items())}


def _backends(module: str, name: str) -> list[tuple[str, str, Any]]:
    """Return account, Region and moto's backend; nothing for a service that is not loaded."""
    backends = getattr(sys.modules.get(module), name, {})
    return [
        (account, region, backend)
        for account, regions in list(dict.items(backends))
        for region, backend in list(dict.items(regions))
    ]
