"""checkov over the modules and over plans, each in one run, and what it found.

It runs offline, with the checks it ships: nothing is downloaded or sent, and neither a key nor a
configuration file of the person who runs it plays a part.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrarium.errors import ToolchainError
from terrarium.terraform.plan import without_keys

_FLAGS = ("--skip-download", "--compact", "--output", "json")
_FOREIGN = ("BC_", "CKV_", "CHECKOV_", "PRISMA_", "LOG_LEVEL")
_RAN = (0, 1)
_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one resource that did not pass.

    ``file`` is absolute, and ``line`` counts from 1: 0 in a plan. ``address`` has no instance keys.
    ``guideline`` is where checkov explains the check, None where it does not say.
    """

    id: str
    name: str
    file: Path
    line: int
    address: str
    guideline: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """``seen`` are the files in which something was checked: a file that checkov cannot read it
    passes over in silence."""

    seen: frozenset[Path]
    passed: int
    failed: tuple[Check, ...]
    skipped: tuple[Check, ...]


def scan_modules(python: Path, modules: Path) -> Report:
    """Scan Terraform source below a folder, the modules' own tests left out. Raises ToolchainError
    when checkov does not work."""
    return _scan(python, "terraform", ["--directory", str(modules), "--skip-path", "/tests/"])


def scan_plans(python: Path, plans: Sequence[Path]) -> Report:
    """Scan plans as JSON; inline skips are unknown to them. Raises ToolchainError."""
    report = _scan(python, "terraform_plan", ["--file", *map(str, plans)])
    for plan in plans:
        if plan not in report.seen:
            raise _failure(f"it found nothing to check in {plan}", ())
    return report


def parse(output: str) -> Report:
    """Read checkov's JSON. Raises ValueError, KeyError or TypeError for anything else, ValueError
    too for files that it names as unreadable."""
    document = json.loads(output)
    reports = document if isinstance(document, list) else [document]
    passed, failed, skipped = list[Check](), list[Check](), list[Check]()
    for report in reports:
        if "results" not in report:  # nothing to scan: the bare counts
            continue
        results = report["results"]
        if results.get("parsing_errors"):
            raise ValueError(f"it could not read {', '.join(results['parsing_errors'])}")
        passed += _checks(results["passed_checks"])
        failed += _checks(results["failed_checks"])
        skipped += _checks(results["skipped_checks"])
    seen = frozenset(check.file for check in (*passed, *failed, *skipped))
    return Report(seen, len(passed), tuple(failed), tuple(skipped))


def _scan(python: Path, framework: str, arguments: Sequence[str]) -> Report:
    command = [str(python), "-m", "checkov.main", "--framework", framework, *_FLAGS, *arguments]
    # It reads a configuration from the folder it starts in and from the home folder.
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
    said = [line for line in done.stderr.splitlines() if line.strip()][-_LAST_LINES:]
    if done.returncode not in _RAN:
        raise _failure(f"ended with {done.returncode}", said)
    try:
        return parse(done.stdout)
    except json.JSONDecodeError:
        raise _failure("it printed no report", said) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failure(f"its report is not what it should be: {error}", said) from None


def _environ(base: Mapping[str, str], home: str) -> dict[str, str]:
    kept = {k: v for k, v in base.items() if not k.startswith((*_FOREIGN, "PYTHON"))}
    return {**kept, "HOME": home, "XDG_CONFIG_HOME": home}


def _failure(what: str, said: Sequence[str]) -> ToolchainError:
    detail = f" ({' '.join(line.strip() for line in said)})" if said else ""
    return ToolchainError(
        f"checkov does not work: {what}{detail}",
        hint="if all is well there, let its environment be made anew: rm -r .terrarium/policy",
    )


def _checks(found: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    for check in found:
        yield Check(
            id=str(check["check_id"]),
            name=str(check["check_name"]),
            file=Path(check["file_abs_path"]),
            line=int(check["file_line_range"][0]),
            address=without_keys(str(check["resource"])).removeprefix("data."),
            guideline=check.get("guideline"),
        )
