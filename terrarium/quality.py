"""``test``, ``check`` and ``fmt``: the gates of this repository."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from terrarium import console, settings, toolchain
from terrarium.errors import TerrariumError, UsageError
from terrarium.terraform.command import Terraform

_LOOK_SECONDS = 0.5

TIERS = ("unit", "contract", "terraform", "e2e")


class GateError(TerrariumError):
    """A gate that did not pass; what it printed says why."""


def test(tier: str | None, options: str) -> None:
    """Run pytest over one tier or all. Raises UsageError for an unknown tier, GateError.

    All of them run at once, shown one after the other: most of e2e is waiting for Terraform.
    """
    if tier is not None and tier not in TIERS:
        raise UsageError(f"unknown tier {tier!r}", hint=f"tiers: {', '.join(TIERS)}")
    if tier is not None:
        _gate(f"pytest {tier}", _pytest((tier,), options))
        return
    first, last = TIERS[:-1], TIERS[-1]
    with _behind(_pytest((last,), options)) as show:
        passed = _passes(f"pytest {' '.join(first)}", _pytest(first, options))
        console.step(f"pytest {last}")
        passed = show() and passed
    if not passed:
        raise GateError("pytest did not pass", hint="its output is above")


def _pytest(tiers: Sequence[str], options: str) -> list[str]:
    folders = [f"tests/{tier}" for tier in tiers]
    return [sys.executable, "-m", "pytest", *folders, *shlex.split(options)]


@contextmanager
def _behind(command: Sequence[str]) -> Iterator[Callable[[], bool]]:
    """Run a command behind others; what is given shows its output to the end, and tells whether it
    passed. It ends with the block."""
    with tempfile.NamedTemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=settings.ROOT,
            env=toolchain.environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C reaches it once, from us: a second would cut it short
        )

        def show() -> bool:
            with Path(output.name).open(encoding="utf-8", errors="replace") as written:
                while process.poll() is None:
                    console.progress(written.read(), end="")
                    time.sleep(_LOOK_SECONDS)
                console.progress(written.read(), end="")
            return process.returncode == 0

        try:
            yield show
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait()


def check() -> None:
    """Run every gate that is not a test, all of them even where one fails. Raises GateError."""
    python = sys.executable
    gates: dict[str, Sequence[str]] = {
        "ruff check": [python, "-m", "ruff", "check"],
        "ruff format": [python, "-m", "ruff", "format", "--check"],
        "mypy": [python, "-m", "mypy"],
        "terragrunt hcl fmt": _format_hcl("--check"),
        "contracts": [python, "-m", "pytest", "--quiet", "tests/contract"],
    }
    failed = [name for name, command in gates.items() if not _passes(name, command)]
    toolchain.activate()
    failed += [] if _is_formatted() else ["terraform fmt"]
    failed += [f"validate {module.name}" for module in modules() if not _is_valid(module)]
    if failed:
        raise GateError(
            f"{len(failed)} of the gates did not pass: {', '.join(failed)}",
            hint="their output is above; ./inv fmt mends formatting",
        )
    console.success("every gate passed")


def fmt() -> None:
    """Format Python, Terraform and Terragrunt files in place, and write generated pages again."""
    _gate("ruff check --fix", [sys.executable, "-m", "ruff", "check", "--fix", "--quiet"])
    _gate("ruff format", [sys.executable, "-m", "ruff", "format", "--quiet"])
    _gate("generated pages", [sys.executable, "-m", "local_aws_tests.conformance_page"])
    _gate("terragrunt hcl fmt", _format_hcl())
    toolchain.activate()
    console.step("terraform fmt")
    Terraform(settings.MODULES).format()


def modules() -> list[Path]:
    """The module folders, by name."""
    return sorted(path.parent for path in settings.MODULES.glob("*/versions.tf"))


def _format_hcl(*flags: str) -> list[str]:
    # Some of the files that tests read are wrong on purpose.
    return toolchain.terragrunt().command("hcl", "fmt", "--exclude-dir", "tests", *flags)


def _gate(name: str, command: Sequence[str]) -> None:
    if not _passes(name, command):
        raise GateError(f"{name} did not pass", hint="its output is above")


def _passes(name: str, command: Sequence[str]) -> bool:
    console.step(name)
    environ = toolchain.environ()
    return subprocess.run(command, cwd=settings.ROOT, env=environ, check=False).returncode == 0


def _is_formatted() -> bool:
    console.step("terraform fmt")
    wrong = Terraform(settings.MODULES).unformatted()
    for path in wrong:
        console.note(f"  not formatted: modules/{path}")
    return not wrong


def _is_valid(module: Path) -> bool:
    console.step(f"terraform validate {module.name}")
    with tempfile.TemporaryDirectory(prefix="terrarium-") as scratch:
        copy = Path(scratch) / module.name
        shutil.copytree(module, copy)
        terraform = Terraform(copy)
        terraform.init()
        problems = terraform.validate()
    for problem in problems:
        console.note(f"  modules/{module.name}/{problem}")
    return not problems
