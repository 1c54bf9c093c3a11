"""The tasks ``test``, ``check`` and ``fmt``."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import warnings
from collections.abc import Sequence

from python_terraform import IsFlagged, Terraform

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
        "contracts": [python, "-m", "pytest", "--quiet", "--tier", "contract"],
    }
    failed = [name for name, command in gates.items() if not _passes(name, command)]
    failed += [] if _terraform_fmt(check=IsFlagged) else ["terraform fmt"]
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
    if not _terraform_fmt():
        raise GateError("terraform fmt failed", hint="its output is above")


def _format_hcl(*flags: str) -> list[str]:
    return toolchain.terragrunt().command("hcl", "fmt", *flags)


def _terraform_fmt(**options: object) -> bool:
    """Run ``terraform fmt`` over the modules and show the files that it names."""
    console.step("terraform fmt")
    terraform = Terraform(settings.MODULES, terraform_bin_path=str(toolchain.terraform().path))
    with warnings.catch_warnings():
        # python-terraform reports a failed command with Logger.warn, which is deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        code, output, errors = terraform.cmd("fmt", recursive=IsFlagged, **options)
    for line in f"{output}{errors}".splitlines():
        console.note(f"  {line}")
    return bool(code == 0)


def _gate(name: str, command: Sequence[str]) -> None:
    if not _passes(name, command):
        raise GateError(f"{name} failed", hint="its output is above")


def _passes(name: str, command: Sequence[str]) -> bool:
    console.step(name)
    paths = os.pathsep.join(str(path / "tests") for path in settings.PACKAGES)
    environ = toolchain.environ() | {"PYTHONPATH": paths}
    return subprocess.run(command, cwd=settings.ROOT, env=environ, check=False).returncode == 0
