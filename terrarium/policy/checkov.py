"""checkov: its Python environment, and scans of modules and plans.

checkov pins versions that our lock excludes, so it has its own environment, made from a hashed lock
when it is first needed. A scan runs offline, with the checks that checkov ships and those in
``checks/``; credentials and configuration files of the caller have no effect.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrarium import console, settings
from terrarium.errors import ToolchainError
from terrarium.policy.plan import without_keys

LOCK = settings.ROOT / "requirements-policy.lock"
FOLDER = settings.STATE_DIR / "policy"
CHECKS = Path(__file__).parent / "checks"

_FLAGS = ("--skip-download", "--compact", "--output", "json", "--external-checks-dir", str(CHECKS))
_CONFIGURATION = ("BC_", "CKV_", "CHECKOV_", "PRISMA_", "LOG_LEVEL")
_COMPLETED = (0, 1)
_ERRORS = ("Cannot load external check", "Failed to run check TERRARIUM")
"""checkov logs these and goes on, as if the check had passed."""

_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check of one resource.

    ``file`` is absolute; ``line`` counts from 1 and is 0 in a plan. ``address`` has no instance
    keys. ``guideline`` is a URL that explains the check, or None.
    """

    id: str
    name: str
    file: Path
    line: int
    address: str
    guideline: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scan. ``files`` are those in which checkov checked something: it skips a
    file that it cannot read without an error."""

    files: frozenset[Path]
    passed: int
    failed: tuple[CheckResult, ...]
    skipped: tuple[CheckResult, ...]


def python(lock: Path = LOCK, folder: Path = FOLDER) -> Path:
    """Return the interpreter of checkov's environment, and make the environment if needed.

    The environment is made beside its final place and renamed when it is complete, so a killed or
    concurrent run leaves no incomplete one. Raises ToolchainError if it cannot be made, for example
    without a package index.
    """
    made_from = lock.read_bytes() + f"{sys.version} {os.path.realpath(sys.executable)}".encode()
    environment = folder / hashlib.sha256(made_from).hexdigest()[:16]
    if not environment.exists():
        console.step(f"making the environment of checkov from {lock.name} (once; about a minute)")
        folder.mkdir(parents=True, exist_ok=True)
        _make(environment, lock)
        for other in folder.iterdir():
            if other != environment and not other.name.startswith("."):
                shutil.rmtree(other, ignore_errors=True)
    return environment / "bin" / "python"


def _make(environment: Path, lock: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=environment.parent))
    try:
        _run([sys.executable, "-m", "venv", str(temporary)], "cannot make a virtual environment")
        pip = [str(temporary / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
        pip += ["--disable-pip-version-check", "--require-hashes", "--requirement", str(lock)]
        _run(pip, f"pip could not install {lock.name}")
        # It may move: it is started through its interpreter, and only its scripts name its place.
        temporary.rename(environment)
    except OSError:
        if not environment.is_dir():  # else another process made it first
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _run(command: Sequence[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        for line in _last_lines(done.stderr or done.stdout):
            console.note(f"  {line}")
        raise ToolchainError(
            failure,
            hint="it needs a package index this once, and no network afterwards; run it again",
        )


def scan_modules(python: Path, modules: Path) -> Scan:
    """Scan the Terraform files below a folder, without the modules' tests.

    Raises ToolchainError if checkov fails.
    """
    return _scan(python, "terraform", ["--directory", str(modules), "--skip-path", "/tests/"])


def scan_plans(python: Path, plans: Sequence[Path]) -> Scan:
    """Scan plans in JSON, which contain no inline skips. Raises ToolchainError if checkov fails."""
    scan = _scan(python, "terraform_plan", ["--file", *map(str, plans)])
    for plan in plans:
        if plan not in scan.files:
            raise _failure(f"it found nothing to check in {plan}", ())
    return scan


def parse(output: str) -> Scan:
    """Parse checkov's JSON.

    Raises ValueError, KeyError or TypeError for anything else, and ValueError for files that
    checkov could not read.
    """
    document = json.loads(output)
    reports = document if isinstance(document, list) else [document]
    passed, failed, skipped = list[CheckResult](), list[CheckResult](), list[CheckResult]()
    for report in reports:
        if "results" not in report:  # checkov found nothing to scan
            continue
        results = report["results"]
        if results.get("parsing_errors"):
            raise ValueError(f"it could not read {', '.join(results['parsing_errors'])}")
        passed += _checks(results["passed_checks"])
        failed += _checks(results["failed_checks"])
        skipped += _checks(results["skipped_checks"])
    files = frozenset(check.file for check in (*passed, *failed, *skipped))
    return Scan(files, len(passed), tuple(failed), tuple(skipped))


def _scan(python: Path, framework: str, arguments: Sequence[str]) -> Scan:
    command = [str(python), "-m", "checkov.main", "--framework", framework, *_FLAGS, *arguments]
    # checkov reads a configuration from its working folder and from the home folder.
    with tempfile.TemporaryDirectory(prefix="terrarium-") as scratch:
        done = subprocess.run(
            command,
            cwd=scratch,
            env=_environ(os.environ, scratch),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    last_lines = _last_lines(done.stderr)
    if done.returncode not in _COMPLETED or any(error in done.stderr for error in _ERRORS):
        raise _failure(f"ended with {done.returncode}", last_lines)
    try:
        return parse(done.stdout)
    except json.JSONDecodeError:
        raise _failure("it printed no report", last_lines) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failure(f"its report is malformed: {error}", last_lines) from None


def _environ(base: Mapping[str, str], home: str) -> dict[str, str]:
    removed = (*_CONFIGURATION, "PYTHON")
    environ = {name: value for name, value in base.items() if not name.startswith(removed)}
    return {**environ, "HOME": home, "XDG_CONFIG_HOME": home, "PYTHONDONTWRITEBYTECODE": "1"}


def _failure(what: str, last_lines: Sequence[str]) -> ToolchainError:
    detail = f" ({' '.join(last_lines)})" if last_lines else ""
    return ToolchainError(
        f"checkov does not work: {what}{detail}",
        hint="if the cause is not there, make its environment again: rm -r .terrarium/policy",
    )


def _last_lines(output: str) -> list[str]:
    return [line.strip() for line in output.splitlines() if line.strip()][-_LAST_LINES:]


def _checks(found: Sequence[Mapping[str, Any]]) -> Iterator[CheckResult]:
    for check in found:
        yield CheckResult(
            id=str(check["check_id"]),
            name=str(check["check_name"]),
            file=Path(check["file_abs_path"]),
            line=int(check["file_line_range"][0]),
            address=without_keys(str(check["resource"])).removeprefix("data."),
            guideline=check.get("guideline"),
        )
