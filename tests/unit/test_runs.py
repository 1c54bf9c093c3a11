from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from terrarium import runs, settings, toolchain
from terrarium.errors import TerraformError
from terrarium.progress import Phase, RunProgress, parse


class Program:
    """A fake Terragrunt that runs a Python program."""

    def __init__(self, text: str) -> None:
        self._text = text

    def command(self, *_: str) -> list[str]:
        return [sys.executable, "-c", self._text]


def shown(capsys: pytest.CaptureFixture[str], tmp_path: Path, *lines: str) -> list[str]:
    """Return the report of a failed unit that wrote these lines, without the unit's name."""
    progress = RunProgress(("network",), lambda unit: None)
    for line in lines:
        progress.feed(parse(line))
    (unit,) = progress.units.values()
    unit.phase = Phase.FAILED
    with pytest.raises(TerraformError, match="failed: network"):
        runs.report_failure(
            settings.environment("dev"), "apply", runs.Outcome(1, (unit,), tmp_path / "run.log")
        )
    return [line.removeprefix("  network: ") for line in capsys.readouterr().err.splitlines()]


def out(text: str) -> str:
    return f"14:23:45.123 STDOUT [network] terraform: {text}"


def err(text: str) -> str:
    return f"14:23:45.123 STDERR [network] terraform: {text}"


def test_an_error_split_by_the_plan_is_shown_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = [out(f"  - attribute_{n} = 1 -> null") for n in range(100)]
    lines = [err("╷"), err("│ Error: cannot be destroyed"), *plan, err("│ it is held"), err("╵")]
    assert shown(capsys, tmp_path, *lines) == ["Error: cannot be destroyed", "it is held"]


def test_an_error_on_standard_output_is_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [err("a hint"), out("aws_vpc.this: Creating..."), out("Error: no such zone")]
    assert shown(capsys, tmp_path, *lines) == ["Error: no such zone"]


def test_the_output_of_a_unit_without_an_error_line_is_shown(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert shown(capsys, tmp_path, out("killed")) == ["killed"]


def test_a_full_disk_stops_terragrunt_gracefully(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = tmp_path / "ended"
    program = f"""
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("x" * 100_000, flush=True)
signal.sigwait([signal.SIGINT])
pathlib.Path({str(ended)!r}).write_text("by SIGINT")
print("state saved")
"""
    monkeypatch.setattr(toolchain, "terragrunt", lambda: Program(program))
    monkeypatch.setattr(runs, "STATE_DIR", tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "plan-dev.log").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        runs.run(settings.environment("dev"), "plan", os.environ, unit="network")
    assert ended.read_text() == "by SIGINT"
