"""Every rule over every plan, with the reasons taken into account."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from terrarium.policy.documents import is_unseen
from terrarium.policy.finding import Finding
from terrarium.policy.reasons import Reasons
from terrarium.policy.rules import COMPARISONS, RULES
from terrarium.policy.units import UnitPlan


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says of a plan. ``reason`` is empty where the finding stands."""

    rule: str
    environment: str
    finding: Finding
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``unused`` are reasons (rule and key) that excuse nothing any more; ``unseen`` the resources
    (``environment/unit/address``) whose policy documents are known only once they are applied, so
    that no rule has read them."""

    failed: tuple[Ruling, ...]
    excused: tuple[Ruling, ...]
    unused: tuple[tuple[str, str], ...]
    unseen: tuple[str, ...]


def judge(plans: Sequence[UnitPlan], reasons: Reasons, *, whole: bool) -> Judgement:
    """Apply the rules. ``whole``: the plans are of every unit of every environment, so that a
    reason which excuses nothing is one too many."""
    rulings = [
        Ruling(rule, environment, finding, reasons.get(rule, {}).get(finding.key, ""))
        for rule, environment, finding in (*_each(plans), *_compared(plans))
    ]
    unseen = [
        (plan.unit, f"{plan.place}/{resource.address}")
        for plan in plans
        for resource in plan.plan.resources
        if is_unseen(plan, resource)
    ]
    used = {(ruling.rule, ruling.finding.key) for ruling in rulings}
    dark = {unit for unit, _ in unseen}
    return Judgement(
        failed=tuple(ruling for ruling in rulings if not ruling.reason),
        excused=tuple(ruling for ruling in rulings if ruling.reason),
        unused=tuple(_unused(reasons, used, dark)) if whole else (),
        unseen=tuple(place for _, place in unseen),
    )


def _each(plans: Sequence[UnitPlan]) -> Iterator[tuple[str, str, Finding]]:
    for plan in plans:
        for name, rule in RULES.items():
            # One argument of a resource with many instances is one finding.
            for finding in dict.fromkeys(rule(plan)):
                yield name, plan.environment, finding


def _compared(plans: Sequence[UnitPlan]) -> Iterator[tuple[str, str, Finding]]:
    for plan in plans:
        for other in plans:
            if plan.is_protected and not other.is_protected and plan.unit == other.unit:
                for name, comparison in COMPARISONS.items():
                    for finding in comparison(plan, other):
                        yield name, plan.environment, finding


def _unused(
    reasons: Reasons, used: Collection[tuple[str, str]], dark: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Of a unit with documents that nobody has seen, reasons cannot be told to be unused."""
    for rule, table in reasons.items():
        for key in table:
            if (rule, key) not in used and key.partition("/")[0] not in dark:
                yield rule, key
