from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from terragrunt_runner.run import report
from terragrunt_runner.run.report import Result, UnitRun

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def run(name: str, result: Result, seconds: float = 1, code: int = 0) -> UnitRun:
    return UnitRun(name, START, START + timedelta(seconds=seconds), result, code=code)


RUNS = [
    run("a", Result.SUCCEEDED, 61),
    run("b", Result.SUCCEEDED, 0.005),
    run("c", Result.FAILED),
    run("d", Result.EARLY_EXIT),
    run("e", Result.EXCLUDED),
]


def test_the_summary_counts_results_and_names_failed_units() -> None:
    lines = [line.strip() for line in report.summary(RUNS, 62)]
    assert lines[0].endswith("Run Summary  5 units  1m2s")
    assert lines[2:] == [
        "Succeeded    2",
        "Failed       1  (c)",
        "Early Exits  1  (d)",
        "Excluded     1",
    ]


def test_the_summary_per_unit_begins_with_the_slowest() -> None:
    lines = report.summary(RUNS[:2], 61, per_unit=True)
    assert [line.split() for line in lines[3:]] == [["a", "1m1s"], ["b", "5ms"]]


@pytest.mark.parametrize(
    ("codes", "detailed", "expected"),
    [((0, 0), True, 0), ((0, 2), True, 2), ((0, 2), False, 0)],
)
def test_changes_are_exit_code_two_only_with_the_detailed_exit_code(
    codes: tuple[int, ...], detailed: bool, expected: int
) -> None:
    runs = [run(str(n), Result.SUCCEEDED, code=code) for n, code in enumerate(codes)]
    assert report.exit_code(runs, detailed=detailed) == expected


def test_any_failure_makes_the_exit_code_one() -> None:
    changed = run("x", Result.SUCCEEDED, code=2)
    assert report.exit_code([changed, run("y", Result.FAILED)], detailed=True) == 1
    assert report.exit_code([run("y", Result.EARLY_EXIT)], detailed=False) == 1


def test_the_report_is_written_as_json_and_csv() -> None:
    failed = UnitRun("c", START, START, Result.FAILED, "run error", 'a "cause", indeed', 1)
    assert json.loads(report.as_json([RUNS[0], failed])) == [
        {
            "Name": "a",
            "Started": "2026-01-02T03:04:05+00:00",
            "Ended": "2026-01-02T03:05:06+00:00",
            "Result": "succeeded",
        },
        {
            "Name": "c",
            "Started": "2026-01-02T03:04:05+00:00",
            "Ended": "2026-01-02T03:04:05+00:00",
            "Result": "failed",
            "Reason": "run error",
            "Cause": 'a "cause", indeed',
        },
    ]
    (record,) = csv.DictReader(io.StringIO(report.as_csv([failed])))
    assert record["Cause"] == 'a "cause", indeed'
