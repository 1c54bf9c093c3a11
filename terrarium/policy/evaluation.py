"""Evaluation of the rules over plans, with the reasons in ``live/policy.toml``.

The file has one table for each rule. A key is a finding's (``unit/address detail``), its value the
reason, a sentence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terrarium import settings
from terrarium.errors import ConfigurationError
from terrarium.policy.rules import COMPARISONS, RULES, Finding
from terrarium.policy.statements import has_unknown_document
from terrarium.policy.unit_plan import UnitPlan

REASONS_FILE = settings.LIVE / "policy.toml"

Reasons = Mapping[str, Mapping[str, str]]
"""Rule, then key of a finding, to the reason."""


def read_reasons(file: Path = REASONS_FILE) -> Reasons:
    """Read the reasons; there are none without the file.

    Raises ConfigurationError for an unknown rule and for a key without a reason.
    """
    rules = {*RULES, *COMPARISONS}
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"not TOML: {error}", file=file) from None
    for rule, table in tables.items():
        if rule not in rules:
            raise ConfigurationError(
                f"there is no rule {rule!r}", file=file, hint=f"rules: {', '.join(sorted(rules))}"
            )
        if not isinstance(table, dict):
            raise ConfigurationError(f"{rule} is not a table of reasons", file=file)
        for key, reason in table.items():
            if not isinstance(reason, str) or not reason.strip():
                raise ConfigurationError(f"{rule}: {key!r} has no reason", file=file)
    return tables


@dataclass(frozen=True, slots=True)
class Result:
    """A finding of a rule in an environment. ``reason`` is empty if nothing excuses it."""

    rule: str
    environment: str
    finding: Finding
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The results of all rules.

    ``unused`` are reasons (rule and key) without a finding; ``unknown`` the resources
    (``environment/unit/address``) with policy documents that are known only after an apply, so
    that no rule could read them.
    """

    failed: tuple[Result, ...]
    excused: tuple[Result, ...]
    unused: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def evaluate(plans: Sequence[UnitPlan], reasons: Reasons, *, complete: bool) -> Evaluation:
    """Apply every rule. Reports unused reasons if the plans are ``complete``: of every unit of
    every environment."""
    results = [
        Result(rule, environment, finding, reasons.get(rule, {}).get(finding.key, ""))
        for rule, environment, finding in (*_findings(plans), *_comparisons(plans))
    ]
    unknown = [
        (plan.unit, f"{plan.place}/{resource.address}")
        for plan in plans
        for resource in plan.plan.resources
        if has_unknown_document(plan, resource)
    ]
    used = {(result.rule, result.finding.key) for result in results}
    return Evaluation(
        failed=tuple(result for result in results if not result.reason),
        excused=tuple(result for result in results if result.reason),
        unused=tuple(_unused(reasons, used, {unit for unit, _ in unknown})) if complete else (),
        unknown=tuple(place for _, place in unknown),
    )


def _findings(plans: Sequence[UnitPlan]) -> Iterator[tuple[str, str, Finding]]:
    for plan in plans:
        for name, rule in RULES.items():
            # A resource with many instances has the same finding many times.
            for finding in dict.fromkeys(rule(plan)):
                yield name, plan.environment, finding


def _comparisons(plans: Sequence[UnitPlan]) -> Iterator[tuple[str, str, Finding]]:
    for plan in plans:
        for other in plans:
            if plan.is_protected and not other.is_protected and plan.unit == other.unit:
                for name, comparison in COMPARISONS.items():
                    for finding in comparison(plan, other):
                        yield name, plan.environment, finding


def _unused(
    reasons: Reasons, used: Collection[tuple[str, str]], unknown_units: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield unused reasons; skips units with unknown policy documents."""
    for rule, table in reasons.items():
        for key in table:
            if (rule, key) not in used and key.partition("/")[0] not in unknown_units:
                yield rule, key
