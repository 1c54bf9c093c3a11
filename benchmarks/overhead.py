"""The time of ./inv before a task starts, if everything is set up: under 0.3 s.

Run: .venv/bin/python -m benchmarks.overhead
"""

from __future__ import annotations

import sys

from benchmarks.measure import median, run, verdict
from terrarium.settings import ROOT

ROUNDS = 15
LIMIT_SECONDS = 0.3


def main() -> int:
    command = [str(ROOT / "inv"), "build", "--help"]
    run(command, ROOT)
    timing = median([run(command, ROOT) for _ in range(ROUNDS)])
    return 0 if verdict("./inv build --help", timing.wall, LIMIT_SECONDS) else 1


if __name__ == "__main__":
    sys.exit(main())
