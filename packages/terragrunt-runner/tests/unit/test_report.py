from __future__ import annotations

import csv
import io
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from terragrunt_runner.cli import log
from terragrunt_runner.errors import UsageError
from terragrunt_runner.run import report
from terragrunt_runner.run.report import Result, UnitRun
from terragrunt_runner.run.terraform import StateLock

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


def test_the_summary_counts_and_names_what_did_not_succeed() -> None:
    lines = [line.strip() for line in report.summary(RUNS, 62)]
    assert lines[0].endswith("Run Summary  5 units  1m2s")
    assert lines[2:] == [
        "Succeeded    2",
        "Failed       1  (c)",
        "Early Exits  1  (d)",
        "Excluded     1",
    ]


def test_the_summary_can_name_every_unit_the_slowest_first() -> None:
    lines = report.summary(RUNS[:2], 61, per_unit=True)
    assert [line.split() for line in lines[3:]] == [["a", "1m1s"], ["b", "5ms"]]


@pytest.mark.parametrize(
    ("codes", "detailed", "expected"),
    [((0, 0), True, 0), ((0, 2), True, 2), ((0, 2), False, 0)],
)
def test_changes_show_in_the_exit_code_only_when_asked_for(
    codes: tuple[int, ...], detailed: bool, expected: int
) -> None:
    runs = [run(str(n), Result.SUCCEEDED, code=code) for n, code in enumerate(codes)]
    assert report.exit_code(runs, detailed=detailed) == expected


def test_any_failure_makes_the_exit_code_one() -> None:
    changed = run("x", Result.SUCCEEDED, code=2)
    assert report.exit_code([changed, run("y", Result.FAILED)], detailed=True) == 1
    assert report.exit_code([run("y", Result.EARLY_EXIT)], detailed=False) == 1


def test_the_report_is_written_for_programs_in_both_forms() -> None:
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


LOCKED = """
\x1b[31m╷\x1b[0m
\x1b[31m│\x1b[0m \x1b[1mError acquiring the state lock\x1b[0m
│
│ Error message: operation error S3: PutObject, https response error StatusCode: 412
│ Lock Info:
│   ID:        6dbb5c32-4a67-4e84-9e7a-2a1b5b3d9f01
│   Path:      states/a/terraform.tfstate
│   Operation: OperationTypeApply
│   Who:       ada@analytical
│   Version:   1.11.4
│   Created:   2026-01-02 03:04:05.6 +0000 UTC
│   Info:
"""


def test_a_lock_that_terraform_met_is_read_from_what_it_says() -> None:
    lock = StateLock.from_output(LOCKED)
    assert lock is not None
    error = lock.error(Path("/live/a"))
    assert "locked by ada@analytical since 2026-01-02 03:04:05.6 +0000 UTC" in error.message
    assert error.hint is not None
    assert "cd /live/a && terragrunt force-unlock 6dbb5c32" in error.hint
    assert StateLock.from_output("Error: something else") is None


def test_lines_have_the_shape_of_terragrunts_own(capsys: pytest.CaptureFixture[str]) -> None:
    made = log.Log().for_unit("app")
    made.terraform(log.Level.STDOUT, "hello")
    made.info("well")
    made.debug("unseen")
    out, err = capsys.readouterr()
    assert out.partition(" ")[2] == "STDOUT [app] terraform: hello\n"
    assert err.partition(" ")[2] == "INFO   [app] well\n"


def test_lines_can_be_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.Log(style="json", prefix="app").failure("no")
    record = json.loads(capsys.readouterr().err)
    assert (record["level"], record["prefix"], record["msg"]) == ("error", "app", "no")


def test_a_level_or_format_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown log level 'loud'"):
        log.create("loud", None, False, {})
    with pytest.raises(UsageError, match="unknown log format 'xml'"):
        log.create(None, "xml", False, {})


def test_lines_of_many_threads_are_never_mixed(capsys: pytest.CaptureFixture[str]) -> None:
    made = log.Log()

    def write(name: str) -> None:
        for _ in range(50):
            made.for_unit(name).terraform(log.Level.STDOUT, name * 20)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 200
    assert all(line.endswith(f"[{line[-1]}] terraform: {line[-1] * 20}") for line in lines)
