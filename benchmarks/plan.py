"""The second `invoke plan --env dev` against bare `terraform plan` in the same unit folders.

The bare plans run one after the other. No runner can be faster than the longest chain of dependent
units, nor than the processor time of all units divided by the cores. The limit is 1.3 times the
larger of the two.

Run: ./inv up, then .venv/bin/python -m benchmarks.plan [ROUNDS]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import Timing, median, run, verdict
from terrarium import console, deployment, settings, toolchain

LIMIT_RATIO = 1.3
INPUTS = "terragrunt-debug.tfvars.json"


def working_folder(unit: Path) -> Path:
    """Return the folder in which Terraform ran last: the newest that was initialized."""
    found = unit.glob(".terragrunt-cache/*/*/*/*/.terraform")
    return max(found, key=lambda path: path.stat().st_mtime).parent


def longest_chain(walls: Mapping[str, float], dependencies: Mapping[str, tuple[str, ...]]) -> float:
    """Return the seconds of the slowest chain of units that wait for each other."""

    def until(unit: str) -> float:
        return walls[unit] + max((until(other) for other in dependencies[unit]), default=0.0)

    return max(until(unit) for unit in walls)


def read_dependencies(folder: Path, environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the units that each unit depends on."""
    find = toolchain.terragrunt().command("find", "--json", "--dependencies")
    found = subprocess.run(find, cwd=folder, env=environ, capture_output=True, check=True)
    return {unit["path"]: tuple(unit.get("dependencies", ())) for unit in json.loads(found.stdout)}


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    environment = settings.environment("dev")
    resolved = deployment.resolve(environment, "local")
    dependencies = read_dependencies(environment.path, resolved.environ)
    terragrunt = toolchain.terragrunt().command("run", "--all", "--inputs-debug", "--", "plan")
    run(terragrunt, environment.path, resolved.environ)

    invoke = [sys.executable, "-m", "invoke", "plan", "--env", "dev", "--target", "local"]
    terraform = [str(toolchain.terraform().path), "plan", "-input=false"]
    folders = {unit: working_folder(environment.path / unit) for unit in environment.units}
    bare: dict[str, list[Timing]] = {unit: [] for unit in folders}
    ours = []
    # Bare Terraform runs without the variable that the tooling sets to make it faster.
    environ = {name: value for name, value in resolved.environ.items() if name != "GOGC"}
    for _ in range(rounds):
        ours.append(run(invoke, settings.ROOT))
        for unit, folder in folders.items():
            inputs = environment.path / unit / INPUTS
            command = [*terraform, f"-var-file={inputs}"]
            bare[unit].append(run(command, folder, environ))

    medians = {unit: median(timings) for unit, timings in bare.items()}
    for unit, timing in medians.items():
        console.data(
            f"  terraform plan {unit}: {timing.wall:.2f} s, {timing.cpu:.2f} s of processor"
        )
    chain = longest_chain({unit: timing.wall for unit, timing in medians.items()}, dependencies)
    shared = sum(timing.cpu for timing in medians.values()) / (os.cpu_count() or 1)
    console.data(f"  longest chain {chain:.2f} s; processor time over the cores {shared:.2f} s")
    floor = max(chain, shared)
    return 0 if verdict("invoke plan", median(ours).wall, LIMIT_RATIO * floor) else 1


if __name__ == "__main__":
    sys.exit(main())
