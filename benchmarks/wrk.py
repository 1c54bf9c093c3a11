"""Runs wrk, the load generator, and parses its output."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a run; ``failed`` counts statuses other than 2xx and 3xx, and socket errors."""

    requests_per_second: float
    p99_ms: float
    failed: int


def provide() -> None:
    """Install wrk with apt-get if it is missing. Raises FileNotFoundError."""
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
    return parse(done.stdout)


def parse(output: str) -> Load:
    """Parse the output of ``wrk --latency``."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    if rate is None or p99 is None:
        raise ValueError(f"unexpected output of wrk:\n{output}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output
    )
    broken = sum(map(int, errors.groups())) if errors else 0
    return Load(
        float(rate[1]), float(p99[1]) * _UNITS[p99[2]], broken + (int(failed[1]) if failed else 0)
    )
