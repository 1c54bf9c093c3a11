"""Measures commands: wall clock, and processor time including all children."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terrarium import console


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one run."""

    wall: float
    cpu: float


def run(command: Sequence[str], cwd: Path, environ: Mapping[str, str] | None = None) -> Timing:
    """Run a command once. Raises CalledProcessError, with its output shown, when it fails."""
    before = os.times()
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - started
    after = os.times()
    if done.returncode != 0:
        console.note(done.stdout)
        done.check_returncode()
    cpu = after.children_user + after.children_system
    return Timing(wall, cpu - before.children_user - before.children_system)


def median(timings: Sequence[Timing]) -> Timing:
    return Timing(
        statistics.median(t.wall for t in timings), statistics.median(t.cpu for t in timings)
    )


def verdict(name: str, measured: float, limit: float, unit: str = "s") -> bool:
    """Print a line; return whether the figure is within its limit."""
    mark = "ok    " if measured <= limit else "MISSED"
    console.data(f"{mark} {name}: {measured:.2f} {unit} (at most {limit:.2f} {unit})")
    return measured <= limit
