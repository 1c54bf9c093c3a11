"""The report of ``policy``: findings of checkov and of the rules, and what excuses them.

checkov honours a skip (``#checkov:skip=CKV_AWS_18:the reason``) in the source of a module. A plan
has no comments, so the skips of a module are applied here to the plans of its units.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terrarium import settings
from terrarium.policy.checkov import CheckResult, Scan
from terrarium.policy.evaluation import REASONS_FILE, Evaluation, Result
from terrarium.policy.unit_plan import UnitPlan

_SKIP = re.compile(
    r"(?:checkov|bridgecrew|cortex):skip= *(?P<checks>[\w-]+(?:,[\w-]+)*)(?::(?P<reason>.*))?"
)
_BLOCK = re.compile(r'^(?:resource|data) "(?P<type>[^"]+)" "(?P<name>[^"]+)" \{')


@dataclass(frozen=True, slots=True)
class Skip:
    """An inline skip. ``address`` is empty outside of a resource; ``line`` counts from 1."""

    file: Path
    line: int
    address: str
    check: str
    reason: str

    @property
    def problem(self) -> str | None:
        """The problem of the skip, or None."""
        if not self.address:
            return "is outside of every resource, where it has no effect"
        return None if self.reason else "gives no reason"


@dataclass(frozen=True, slots=True)
class Failure:
    """A finding that nothing excuses.

    ``check`` is checkov's id or the name of a rule; ``place`` a file and line, or a unit;
    ``guideline`` a URL that explains the check, or None.
    """

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
    """A finding that is accepted, with its reason."""

    check: str
    place: str
    resource: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of ``policy``.

    ``passed`` counts checkov's checks; ``skipped`` are inline skips, ``excused`` the findings of
    rules with a reason; ``unknown`` is as in Evaluation.
    """

    passed: int = 0
    failed: tuple[Failure, ...] = ()
    skipped: tuple[Excuse, ...] = ()
    excused: tuple[Excuse, ...] = ()
    unknown: tuple[str, ...] = ()

    def __add__(self, other: Report) -> Report:
        return Report(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.excused + other.excused,
            self.unknown + other.unknown,
        )


def find_skips(module: Path) -> list[Skip]:
    """Return every inline skip in the files of a module, in order."""
    return [skip for file in sorted(module.glob("*.tf")) for skip in _skips_in(file)]


def _skips_in(file: Path) -> Iterator[Skip]:
    address = ""
    for line, text in enumerate(file.read_text("utf-8").splitlines(), 1):
        if block := _BLOCK.match(text):
            address = f"{block['type']}.{block['name']}"
        elif text.startswith("}"):  # in formatted files only the end of a block starts a line so
            address = ""
        elif skip := _SKIP.search(text):
            for check in skip["checks"].split(","):
                yield Skip(file, line, address, check, (skip["reason"] or "").strip())


def of_modules(scan: Scan, skips: Sequence[Skip], root: Path = settings.ROOT) -> Report:
    """Report checkov's scan of the modules below ``root``, and invalid skips."""
    reasons = {(skip.file, skip.address, skip.check): skip.reason for skip in skips}
    failed = [_failure(check, _place(check.file, check.line, root)) for check in scan.failed]
    failed += [
        Failure(
            skip.check, _place(skip.file, skip.line, root), skip.address, f"a skip {skip.problem}"
        )
        for skip in skips
        if skip.problem
    ]
    skipped = [
        Excuse(check.id, _place(check.file, check.line, root), check.address, reason)
        for check in scan.skipped
        if (reason := reasons.get((check.file, check.address, check.id)))
    ]
    return Report(scan.passed, tuple(failed), tuple(skipped))


def of_plans(scan: Scan, plans: Mapping[Path, UnitPlan], skips: Sequence[Skip]) -> Report:
    """Report checkov's scan of plans; the skips of a unit's module apply to its plan."""
    reasons = {(skip.file.parent, skip.address, skip.check): skip.reason for skip in skips}
    failed, skipped = list[Failure](), list[Excuse]()
    for check in scan.failed:
        plan = plans[check.file]
        reason = reasons.get((plan.module, check.address, check.id)) if plan.module else None
        if reason:
            skipped.append(Excuse(check.id, f"live/{plan.place}", check.address, reason))
        else:
            failed.append(_failure(check, f"live/{plan.place}"))
    return Report(scan.passed, tuple(failed), tuple(skipped))


def of_rules(evaluation: Evaluation) -> Report:
    """Report the findings of the rules, and unused reasons."""
    failed = [
        Failure(result.rule, _unit(result), _subject(result), result.finding.message)
        for result in evaluation.failed
    ]
    file = str(REASONS_FILE.relative_to(settings.ROOT))
    failed += [
        Failure(rule, file, key, "this reason excuses nothing any more")
        for rule, key in evaluation.unused
    ]
    excused = tuple(
        Excuse(result.rule, _unit(result), _subject(result), result.reason)
        for result in evaluation.excused
    )
    return Report(failed=tuple(failed), excused=excused, unknown=evaluation.unknown)


def _failure(check: CheckResult, place: str) -> Failure:
    return Failure(check.id, place, check.address, check.name, check.guideline)


def _place(file: Path, line: int, root: Path) -> str:
    return f"{file.relative_to(root)}:{line}"


def _unit(result: Result) -> str:
    return f"live/{result.environment}/{result.finding.unit}"


def _subject(result: Result) -> str:
    return f"{result.finding.address} {result.finding.detail}".strip()
