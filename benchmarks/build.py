"""What `python -m terrarium.package` costs, next to starting Python at all.

The number to keep below: 0.2 s. Exits with 1 where the median is above it.

Run: .venv/bin/python -m benchmarks.build [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

from terrarium import console
from terrarium.settings import ROOT

LIMIT_SECONDS = 0.2


def seconds(*arguments: str) -> float:
    """The wall time of one Python process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)
    return time.perf_counter() - started


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        new = [
            seconds("-m", "terrarium.package", f"{folder}/{number}.zip") for number in range(runs)
        ]
        same = [seconds("-m", "terrarium.package", f"{folder}/0.zip") for _ in range(runs)]
    bare = [seconds("-c", "") for _ in range(runs)]
    for name, times in (("new zip", new), ("unchanged zip", same), ("python alone", bare)):
        console.data(f"{name:14} min {min(times):.3f} s  median {statistics.median(times):.3f} s")
    return int(statistics.median(new) > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
