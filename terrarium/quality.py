"""The tasks ``test``, ``check`` and ``fmt``."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence

from terrarium import console, settings, toolchain
from terrarium.errors import TerrariumError, UsageError

TIERS = ("unit", "contract", "terraform", "e2e", "soak")

_WORKERS_PER_CORE = 2
"""Most of e2e is waiting for Terraform."""


class GateError(TerrariumError):
    """A gate failed; its output says why."""


def test(tiers: str | None, options: str) -> None:
    """Run pytest over some tiers, separated by commas, or over all but soak, on every core.

    Raises UsageError for an unknown tier, and GateError.
    """
    chosen = tiers.split(",") if tiers else TIERS[:-1]
    for tier in chosen:
        if tier not in TIERS:
            raise UsageError(f"unknown tier {tier!r}", hint=f"tiers: {', '.join(TIERS)}")
    workers = str(_WORKERS_PER_CORE * (os.cpu_count() or 1))
    _gate(
        f"pytest {' '.join(chosen)}",
        [
            *(sys.executable, "-m", "pytest", "--tier", ",".join(chosen)),
            *("-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"),
            *shlex.split(options),
        ],
    )


def check() -> None:
    """Run every gate that needs no cloud, also after a failed one. Raises GateError."""
    python = sys.executable
    gates: dict[str, Sequence[str]] = {
        "ruff check": [python, "-m", "ruff", "check"],
        "ruff format": [python, "-m", "ruff", "format", "--check"],
        "mypy": [python, "-m", "mypy"],
        "terragrunt hcl fmt": _format_hcl("--check"),
        "terraform fmt": _terraform_fmt("-check"),
        "contracts": [python, "-m", "pytest", "--quiet", "--tier", "contract"],
    }
    failed = [name for name, command in gates.items() if not _passes(name, command)]
    if failed:
        raise GateError(
            f"{len(failed)} of the gates failed: {', '.join(failed)}",
            hint="their output is above; ./inv fmt corrects formatting",
        )
    console.success("every gate passed")


def fmt() -> None:
    """Format Python, Terraform and Terragrunt files in place, and generate pages again."""
    _gate("ruff check --fix", [sys.executable, "-m", "ruff", "check", "--fix", "--quiet"])
    _gate("ruff format", [sys.executable, "-m", "ruff", "format", "--quiet"])
    for page in ("conformance_page", "services_page"):
        _gate(f"generated {page}", [sys.executable, "-m", f"local_aws_tests.{page}"])
    _gate("terragrunt hcl fmt", _format_hcl())
    _gate("terraform fmt", _terraform_fmt())


def _format_hcl(*flags: str) -> list[str]:
    return toolchain.terragrunt().command("hcl", "fmt", *flags)


def _terraform_fmt(*flags: str) -> list[str]:
    return [str(toolchain.terraform().path), "fmt", *flags, "-recursive", str(settings.MODULES)]


def _gate(name: str, command: Sequence[str]) -> None:
    if not _passes(name, command):
        raise GateError(f"{name} failed", hint="its output is above")


def _passes(name: str, command: Sequence[str]) -> bool:
    console.step(name)
    paths = os.pathsep.join(str(path / "tests") for path in settings.PACKAGES)
    environ = toolchain.environ() | {"PYTHONPATH": paths}
    return subprocess.run(command, cwd=settings.ROOT, env=environ, check=False).returncode == 0
