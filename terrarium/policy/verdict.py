"""What checkov and the rules found, put together: what fails, and what stands with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terrarium.policy.checkov import Check, Report
from terrarium.policy.judgement import Judgement, Ruling
from terrarium.policy.skips import Skip
from terrarium.policy.units import UnitPlan

REASONS_FILE = "live/policy.toml"


@dataclass(frozen=True, slots=True)
class Failure:
    """``check`` is checkov's id or the name of a rule; ``place`` a file and line of the checkout,
    or a unit; ``guideline`` where the check is explained, None where checkov does not say."""

    check: str
    place: str
    resource: str
    message: str
    guideline: str | None = None

    def __str__(self) -> str:
        subject = f"{self.resource}: " if self.resource else ""
        more = f" {self.guideline}" if self.guideline else ""
        return f"{self.place}: {subject}{self.message} ({self.check}){more}"


@dataclass(frozen=True, slots=True)
class Excuse:
    """Something that was found and stands, and why."""

    check: str
    place: str
    resource: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``passed`` counts checkov's checks; ``skipped`` are inline skips of checkov, ``excused`` the
    findings of rules with a reason; ``unseen`` is as in Judgement."""

    passed: int = 0
    failed: tuple[Failure, ...] = ()
    skipped: tuple[Excuse, ...] = ()
    excused: tuple[Excuse, ...] = ()
    unseen: tuple[str, ...] = ()


def of_modules(report: Report, skips: Sequence[Skip], root: Path) -> Verdict:
    """What checkov found in the source below ``root``, and the inline skips that say nothing."""
    reasons = {(skip.file, skip.address, skip.check): skip.reason for skip in skips}
    failed = [_failure(check, _place(check.file, check.line, root)) for check in report.failed]
    for skip in skips:
        if skip.problem:
            place = _place(skip.file, skip.line, root)
            failed.append(Failure(skip.check, place, skip.address, f"a skip that {skip.problem}"))
    skipped = [
        Excuse(check.id, _place(check.file, check.line, root), check.address, reason)
        for check in report.skipped
        if (reason := reasons.get((check.file, check.address, check.id)))
    ]
    return Verdict(report.passed, tuple(failed), tuple(skipped))


def of_plans(report: Report, plans: Mapping[Path, UnitPlan], skips: Sequence[Skip]) -> Verdict:
    """What checkov found in plans, by their files: what a unit's module skips is skipped there."""
    reasons = {(skip.file.parent, skip.address, skip.check): skip.reason for skip in skips}
    failed, skipped = list[Failure](), list[Excuse]()
    for check in report.failed:
        plan = plans[check.file]
        reason = reasons.get((plan.module, check.address, check.id)) if plan.module else None
        if reason:
            skipped.append(Excuse(check.id, f"live/{plan.place}", check.address, reason))
        else:
            failed.append(_failure(check, f"live/{plan.place}"))
    return Verdict(report.passed, tuple(failed), tuple(skipped))


def of_rules(judgement: Judgement) -> Verdict:
    """What the rules found without a reason, and the reasons that excuse nothing."""
    failed = [
        Failure(ruling.rule, _unit(ruling), _subject(ruling), ruling.finding.message)
        for ruling in judgement.failed
    ]
    failed += [
        Failure(rule, REASONS_FILE, key, "this reason excuses nothing any more")
        for rule, key in judgement.unused
    ]
    excused = tuple(
        Excuse(ruling.rule, _unit(ruling), _subject(ruling), ruling.reason)
        for ruling in judgement.excused
    )
    return Verdict(failed=tuple(failed), excused=excused, unseen=judgement.unseen)


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict of many, in their order."""
    return Verdict(
        sum(verdict.passed for verdict in verdicts),
        tuple(failure for verdict in verdicts for failure in verdict.failed),
        tuple(excuse for verdict in verdicts for excuse in verdict.skipped),
        tuple(excuse for verdict in verdicts for excuse in verdict.excused),
        tuple(place for verdict in verdicts for place in verdict.unseen),
    )


def _failure(check: Check, place: str) -> Failure:
    return Failure(check.id, place, check.address, check.name, check.guideline)


def _place(file: Path, line: int, root: Path) -> str:
    return f"{file.relative_to(root)}:{line}"


def _unit(ruling: Ruling) -> str:
    return f"live/{ruling.environment}/{ruling.finding.unit}"


def _subject(ruling: Ruling) -> str:
    return f"{ruling.finding.address} {ruling.finding.detail}".strip()
