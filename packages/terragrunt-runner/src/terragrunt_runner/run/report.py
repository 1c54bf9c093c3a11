"""The result of each unit of a run: the summary for people and the report for programs.

Format: https://terragrunt.gruntwork.io/docs/features/run-report
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from terragrunt_runner.errors import UsageError


class Result(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EARLY_EXIT = "early exit"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class UnitRun:
    """``code`` is Terraform's exit code; the other fields are those of the report."""

    name: str
    started: datetime
    ended: datetime
    result: Result
    reason: str = ""
    cause: str = ""
    code: int = 0

    @property
    def seconds(self) -> float:
        return (self.ended - self.started).total_seconds()


def exit_code(runs: Sequence[UnitRun], *, detailed: bool) -> int:
    """Return 1 if any unit failed; else, with ``-detailed-exitcode``, 2 if any has changes."""
    if any(run.result in (Result.FAILED, Result.EARLY_EXIT) for run in runs):
        return 1
    return 2 if detailed and any(run.code == 2 for run in runs) else 0


def summary(runs: Sequence[UnitRun], seconds: float, *, per_unit: bool = False) -> list[str]:
    """Return the lines that are printed at the end of a run of many units."""
    title = f"\u276f\u276f Run Summary  {len(runs)} units  {duration(seconds)}"
    lines = [title, "   " + "─" * (len(title) - 3)]
    for result, label in (
        (Result.SUCCEEDED, "Succeeded"),
        (Result.FAILED, "Failed"),
        (Result.EARLY_EXIT, "Early Exits"),
        (Result.EXCLUDED, "Excluded"),
    ):
        members = sorted((r for r in runs if r.result is result), key=lambda run: -run.seconds)
        if not members:
            continue
        if per_unit:
            lines.append(f"   {label} ({len(members)})")
            width = max(len(run.name) for run in members)
            lines.extend(f"      {r.name:<{width}}  {duration(r.seconds)}" for r in members)
        else:
            lines.append(f"   {label:<12} {len(members)}")
            if result in (Result.FAILED, Result.EARLY_EXIT):
                lines[-1] += f"  ({', '.join(sorted(run.name for run in members))})"
    failed = [run for run in runs if run.result is Result.FAILED and run.cause]
    lines.extend(f"   {run.name}: {run.cause}" for run in failed)
    return lines


def duration(seconds: float) -> str:
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    if seconds < 60:
        return f"{round(seconds)}s"
    return f"{int(seconds // 60)}m{round(seconds % 60)}s"


def write(path: Path, runs: Sequence[UnitRun], style: str | None) -> None:
    """Write the report. The format is the flag's, else the file name's, else CSV.

    Raises UsageError for an unknown format.
    """
    kind = style or ("json" if path.suffix == ".json" else "csv")
    if kind not in ("csv", "json"):
        raise UsageError(f"unknown report format {kind!r}", hint="formats: csv, json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_json(runs) if kind == "json" else as_csv(runs), "utf-8")


def as_json(runs: Sequence[UnitRun]) -> str:
    records = []
    for run in runs:
        record = dict(zip(_COLUMNS, _fields(run), strict=True))
        records.append({key: value for key, value in record.items() if value})
    return json.dumps(records, indent=2) + "\n"


def as_csv(runs: Sequence[UnitRun]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(_fields(run) for run in runs)
    return text.getvalue()


def schema() -> str:
    """Return the JSON schema of the JSON report."""
    moment = {"type": "string", "format": "date-time"}
    properties = {
        "Name": {"type": "string"},
        "Started": moment,
        "Ended": moment,
        "Result": {"type": "string", "enum": [result.value for result in Result]},
        "Reason": {"type": "string"},
        "Cause": {"type": "string"},
    }
    item = {
        "type": "object",
        "properties": properties,
        "required": ["Name", "Started", "Ended", "Result"],
        "additionalProperties": False,
    }
    title = "Terragrunt Run Report Schema"
    return json.dumps({"title": title, "type": "array", "items": item}, indent=2) + "\n"


_COLUMNS = ("Name", "Started", "Ended", "Result", "Reason", "Cause")


def _fields(run: UnitRun) -> tuple[str, ...]:
    return (
        run.name,
        run.started.isoformat(timespec="seconds"),
        run.ended.isoformat(timespec="seconds"),
        run.result.value,
        run.reason,
        run.cause,
    )
