from __future__ import annotations

import pytest

from terrarium.progress import Counts, Line, Phase, RunProgress, UnitProgress, parse

OFFICIAL = "14:23:45.123 STDOUT [network] terraform: aws_vpc.this: Creating..."


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Run:
    """A run of two units and the phases that it reported."""

    def __init__(self) -> None:
        self.phases: list[tuple[str, Phase]] = []
        self.clock = Clock()
        self.progress = RunProgress(("network", "storage"), self.note, self.clock)

    def note(self, unit: UnitProgress) -> None:
        self.phases.append((unit.name, unit.phase))

    def feed(self, *texts: str, unit: str = "network") -> UnitProgress:
        for text in texts:
            self.progress.feed(Line(unit, text, is_terraform=True))
        return self.progress.units[unit]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (OFFICIAL, Line("network", "aws_vpc.this: Creating...", True)),
        ("14:23:45.123 STDOUT [network] terraform:", Line("network", "", True)),
        (
            "14:23:45.123 INFO   [network] Running command",
            Line("network", "Running command", False),
        ),
        (
            "14:23:45.123 INFO   [network] terraform: Initializing the backend...",
            Line("network", "Initializing the backend...", True),
        ),
        ("14:23:45.123 ERROR  Run failed: 1 error", Line(None, "Run failed: 1 error", False)),
        (
            "\x1b[90m14:23:45.123\x1b[0m \x1b[97mSTDERR\x1b[0m [network] terraform: Error: no",
            Line("network", "Error: no", True, is_error=True),
        ),
    ],
)
def test_a_prefixed_line_is_parsed(raw: str, line: Line) -> None:
    assert parse(raw) == line


def test_a_line_without_prefix_belongs_to_the_only_unit() -> None:
    assert parse("aws_vpc.this: Creating...\n", "network") == Line(
        "network", "aws_vpc.this: Creating...", True
    )


def test_a_unit_runs_from_its_first_line_and_is_done_with_its_counts() -> None:
    run = Run()
    run.feed("aws_vpc.this: Creating...")
    run.clock.now = 112.5
    unit = run.feed("Apply complete! Resources: 3 added, 1 changed, 0 destroyed.")
    assert run.phases == [("network", Phase.RUNNING), ("network", Phase.DONE)]
    assert unit.counts == Counts(3, 1, 0)
    assert unit.finished - unit.started == 12.5


def test_the_activity_of_a_unit_is_its_last_one() -> None:
    run = Run()
    unit = run.feed("aws_lb.this: Creating...", "aws_lb.this: Still creating... [10s elapsed]")
    assert unit.activity == "still creating aws_lb.this"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Plan: 23 to add, 0 to change, 1 to destroy.", Counts(23, 0, 1)),
        ("Plan: 1 to import, 2 to add, 3 to change, 4 to destroy.", Counts(2, 3, 4)),
        ("Destroy complete! Resources: 9 destroyed.", Counts(0, 0, 9)),
        ("No changes. Your infrastructure matches the configuration.", Counts(0, 0, 0)),
    ],
)
def test_counts_are_read_from_terraforms_summary(text: str, counts: Counts) -> None:
    assert Run().feed(text).counts == counts


def test_a_unit_stays_failed_after_an_error() -> None:
    run = Run()
    run.feed(
        "╷", "│ Error: creating VPC", "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."
    )
    assert run.phases[-1] == ("network", Phase.FAILED)


def test_the_report_decides_about_units_without_a_conclusive_line() -> None:
    run = Run()
    run.feed("aws_vpc.this: Refreshing state... [id=vpc-1]")
    run.progress.finish({"network": "succeeded", "storage": "early exit"}, succeeded=False)
    assert run.progress.units["network"].phase is Phase.DONE
    assert run.progress.units["storage"].phase is Phase.WAITING


def test_a_failed_run_of_one_unit_fails_the_unit() -> None:
    phases: list[Phase] = []
    progress = RunProgress(("network",), lambda unit: phases.append(unit.phase))
    progress.feed(parse("error live/dev/env.hcl:3: no such function", "network"))
    progress.finish({}, succeeded=False)
    assert phases == [Phase.RUNNING, Phase.FAILED]


def test_a_single_unit_without_output_never_ran() -> None:
    progress = RunProgress(("network",), lambda _: None)
    progress.finish({}, succeeded=False)
    assert progress.units["network"].phase is Phase.WAITING


def test_lines_of_unknown_units_and_of_terragrunt_are_ignored() -> None:
    run = Run()
    run.progress.feed(Line("elsewhere", "Error: x", is_terraform=True))
    run.progress.feed(Line("network", "Error: x", is_terraform=False))
    assert run.phases == []
