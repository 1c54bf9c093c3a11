from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from terrarium.errors import ToolchainError
from terrarium.policy import checkov
from terrarium.policy.checkov import CheckResult

FAILED = {
    "check_id": "CKV_AWS_18",
    "check_name": "Ensure the S3 bucket has access logging enabled",
    "file_abs_path": "/w/modules/storage/main.tf",
    "file_line_range": [3, 9],
    "resource": 'aws_s3_bucket.this["a"]',
    "guideline": None,
}


def report(**results: Any) -> str:
    empty: dict[str, Any] = {
        "passed_checks": [],
        "failed_checks": [],
        "skipped_checks": [],
        "parsing_errors": [],
    }
    return json.dumps({"check_type": "terraform", "results": empty | results})


def test_a_report_lists_failed_checks_with_their_place() -> None:
    passed = FAILED | {"file_abs_path": "/w/modules/storage/policy.tf"}
    found = checkov.parse(report(failed_checks=[FAILED], passed_checks=[passed, passed]))
    file = Path("/w/modules/storage/main.tf")
    name = "Ensure the S3 bucket has access logging enabled"
    assert found.failed == (CheckResult("CKV_AWS_18", name, file, 3, "aws_s3_bucket.this"),)
    assert (found.passed, found.skipped) == (2, ())
    assert found.files == {file, file.with_name("policy.tf")}


def test_several_reports_are_added_and_an_empty_one_is_ignored() -> None:
    empty = {"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0}
    found = checkov.parse(json.dumps([json.loads(report(skipped_checks=[FAILED])), empty]))
    assert (found.passed, len(found.failed), len(found.skipped)) == (0, 0, 1)


def test_a_file_that_checkov_could_not_read_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"could not read /w/main\.tf"):
        checkov.parse(report(parsing_errors=["/w/main.tf"]))


def interpreter(folder: Path, script: str) -> Path:
    """Make a fake interpreter that runs ``script``."""
    program = folder / "python"
    program.write_text(f"#!{sys.executable}\nimport os, sys\n{script}\n")
    program.chmod(0o755)
    return program


def test_a_plan_that_checkov_skipped_is_an_error(tmp_path: Path) -> None:
    plan = tmp_path / "tfplan.json"
    seen = report(passed_checks=[FAILED | {"file_abs_path": str(plan)}])
    python = interpreter(tmp_path, f"print({seen!r})")
    assert checkov.scan_plans(python, [plan]).passed == 1
    with pytest.raises(ToolchainError, match=r"nothing to check in .*other\.json"):
        checkov.scan_plans(python, [plan, tmp_path / "other.json"])


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("sys.exit('Traceback: broken')", r"printed no report \(Traceback: broken\)"),
        ("print('{}x')", "printed no report"),
        ("print('[1]')", "its report is malformed"),
        ("sys.stderr.write('out of memory'); sys.exit(2)", r"ended with 2 \(out of memory\)"),
        ("sys.stderr.write('Cannot load external check x')", "Cannot load external check x"),
        ("sys.stderr.write('Failed to run check TERRARIUM_X')", "Failed to run check TERRARIUM_X"),
    ],
)
def test_a_checkov_that_fails_is_an_error_with_its_last_lines(
    tmp_path: Path, script: str, message: str
) -> None:
    with pytest.raises(ToolchainError, match=message) as raised:
        checkov.scan_modules(interpreter(tmp_path, script), tmp_path)
    assert raised.value.hint


def test_the_callers_configuration_of_checkov_has_no_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BC_API_KEY", "PRISMA_API_URL", "CKV_SKIP_CHECK", "LOG_LEVEL", "PYTHONPATH"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("HOME", str(tmp_path))
    told = tmp_path / "told"
    script = f"open({str(told)!r}, 'w').write(repr((dict(os.environ), os.getcwd(), sys.argv)))"
    output = f"{script}\nprint({report()!r})"
    checkov.scan_modules(interpreter(tmp_path, output), tmp_path)
    environ, folder, words = eval(told.read_text())  # noqa: S307 - written three lines above
    assert not {name for name, value in environ.items() if value == "mine"}
    assert environ["HOME"] == folder != os.environ["HOME"]
    assert "--skip-download" in words
