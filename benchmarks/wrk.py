"""Runs wrk, the load generator, and reads what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """Of one run. ``failed`` counts answers other than 2xx and 3xx, and broken connections."""

    requests_per_second: float
    p99_ms: float
    failed: int


def provide() -> None:
    """Install wrk where it is missing and that is possible. Raises FileNotFoundError."""
    if shutil.which("wrk") is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "--yes", "--quiet", "wrk"], check=True)
    if shutil.which("wrk") is None:
        raise FileNotFoundError("this benchmark needs wrk: apt-get install wrk")


def run(url: str, host: str | None, connections: int, seconds: int) -> Load:
    headers = [] if host is None else ["--header", f"Host: {host}"]
    options = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    done = subprocess.run(
        ["wrk", *options, *headers, "--latency", url], check=True, capture_output=True, text=True
    )
    return read(done.stdout)


def read(output: str) -> Load:
    """From what wrk prints with ``--latency``."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    if rate is None or p99 is None:
        raise ValueError(f"wrk says something else than it used to:\n{output}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output
    )
    broken = sum(map(int, errors.groups())) if errors else 0
    return Load(
        float(rate[1]), float(p99[1]) * _UNITS[p99[2]], broken + (int(failed[1]) if failed else 0)
    )
