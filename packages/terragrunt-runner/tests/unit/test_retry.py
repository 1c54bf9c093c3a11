from __future__ import annotations

from pathlib import Path

from terragrunt_runner.cli.log import Log
from terragrunt_runner.config.model import Config, Errors, Ignore, Place, Retry
from terragrunt_runner.run.init import Init
from terragrunt_runner.run.prepare import PreparedUnit
from terragrunt_runner.run.processes import Command, Processes, ProcessResult
from terragrunt_runner.run.retry import Outcome, Retries

HERE = Place(Path("terragrunt.hcl"), 1)
BROKEN = ProcessResult(1, "", "\x1b[31m│\x1b[0m Error: the lock\n│ is <held>, try again")


def run(folder: Path, errors: Errors | None, *results: ProcessResult) -> tuple[Outcome, int]:
    """Return the outcome for these results of attempts, and the number of attempts."""
    waiting = list(results)
    command = Command(("terraform",), folder, {})
    prepared = PreparedUnit(
        Config(folder / "terragrunt.hcl", errors=errors),
        folder,
        "terraform",
        {},
        Init(command, (), ""),
    )
    attempts = Retries(Processes(), Log(), True)
    ended, _ = attempts.run(prepared, ("apply",), lambda: waiting.pop(0))
    return ended, len(results) - len(waiting)


def retry(pattern: str, attempts: int = 3) -> Retry:
    return Retry("r", (pattern,), attempts, 0, HERE)


def ignore(*patterns: str) -> Ignore:
    return Ignore("i", patterns, HERE, signals={"alert": False})


def test_a_command_is_retried_while_its_error_matches(tmp_path: Path) -> None:
    errors = Errors(retry=(retry("the lock is held"),))
    ended, attempts = run(tmp_path, errors, BROKEN, BROKEN, ProcessResult(0, "", ""))
    assert (ended.code, ended.reason, attempts) == (0, "retry succeeded", 3)


def test_retries_end_after_the_maximum_of_attempts(tmp_path: Path) -> None:
    ended, attempts = run(tmp_path, Errors(retry=(retry(".*held.*", 2),)), BROKEN, BROKEN, BROKEN)
    assert (ended.code, ended.reason, attempts) == (1, "run error", 2)
    assert ended.cause == "terraform apply ended with 1: the lock"


def test_an_error_that_does_not_match_is_not_retried(tmp_path: Path) -> None:
    _, attempts = run(tmp_path, Errors(retry=(retry(".*timeout.*"),)), BROKEN, BROKEN)
    assert attempts == 1


def test_an_errors_block_replaces_the_default_retries(tmp_path: Path) -> None:
    transient = ProcessResult(1, "", "Error: Client.Timeout exceeded while awaiting headers")
    _, attempts = run(tmp_path, Errors(), transient, transient)
    assert attempts == 1


def test_an_ignored_error_writes_its_signals(tmp_path: Path) -> None:
    ended, _ = run(tmp_path, Errors(ignore=(ignore(".*held.*"),)), BROKEN)
    assert (ended.code, ended.reason, ended.cause) == (0, "error ignored", "i")
    assert (tmp_path / "error-signals.json").read_text() == '{"alert": false}'


def test_the_first_pattern_that_matches_decides_about_ignoring(tmp_path: Path) -> None:
    forbidden = Errors(ignore=(ignore("!.*held.*", ".*"),))
    assert run(tmp_path, forbidden, BROKEN)[0].reason == "run error"
    allowed = Errors(ignore=(ignore(".*", "!.*held.*"),))
    assert run(tmp_path, allowed, BROKEN)[0].reason == "error ignored"
