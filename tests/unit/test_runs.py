from __future__ import annotations

from pathlib import Path

import pytest

from terrarium import runs, settings
from terrarium.errors import TerraformError
from terrarium.progress import Phase, RunProgress, parse


def shown(capsys: pytest.CaptureFixture[str], tmp_path: Path, *lines: str) -> list[str]:
    """What a person sees of one failed unit that wrote these lines, without the unit's name."""
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


def test_an_error_that_the_plan_tears_apart_is_shown_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = [out(f"  - attribute_{n} = 1 -> null") for n in range(100)]
    lines = [err("╷"), err("│ Error: cannot be destroyed"), *plan, err("│ it is held"), err("╵")]
    assert shown(capsys, tmp_path, *lines) == ["Error: cannot be destroyed", "it is held"]


def test_an_error_on_standard_output_is_shown_from_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = [err("a hint"), out("aws_vpc.this: Creating..."), out("Error: no such zone")]
    assert shown(capsys, tmp_path, *lines) == ["Error: no such zone"]


def test_a_unit_that_named_no_error_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert shown(capsys, tmp_path, out("killed")) == ["killed"]
