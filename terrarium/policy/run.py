"""``policy``: checkov and our rules over the modules and the plans, and what comes of it."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from terrarium import console, deployment, settings
from terrarium.errors import TerrariumError
from terrarium.policy import checkov, environment, reasons, skips, units, verdict
from terrarium.policy.judgement import judge
from terrarium.policy.rules import COMPARISONS, RULES
from terrarium.policy.units import UnitPlan
from terrarium.policy.verdict import Verdict
from terrarium.settings import Environment
from terrarium.targets import Kind


class PolicyError(TerrariumError):
    """Something was found that no reason excuses."""


def policy(env: str | None, target: str, *, as_json: bool) -> None:
    """Examine the modules and the plans of an environment, or of all.

    Prints what fails to stdout, a line each, or everything as JSON. Raises PolicyError when
    something fails; UsageError, ConfigurationError, ToolchainError, TerraformError when it cannot
    be examined.
    """
    chosen = [settings.environment(env)] if env else list(settings.environments().values())
    known = reasons.read({*RULES, *COMPARISONS})
    deployment.check_inputs()
    python = environment.python()
    with tempfile.TemporaryDirectory(prefix="terrarium-") as scratch:
        plans: dict[Path, UnitPlan] = {}
        for each in chosen:
            plans |= _plan(each, target, Path(scratch).resolve() / each.name)
        console.step(f"checkov: {len(settings.modules())} modules, {len(plans)} plans")
        in_modules = checkov.scan_modules(python, settings.MODULES)
        in_plans = checkov.scan_plans(python, list(plans))
    console.step(f"our own rules: {len(RULES) + len(COMPARISONS)}")
    judgement = judge(list(plans.values()), known, whole=env is None)
    inline = [skip for module in settings.modules() for skip in skips.of(module)]
    found = verdict.together(
        [
            verdict.of_modules(in_modules, inline, settings.ROOT),
            verdict.of_plans(in_plans, plans, inline),
            verdict.of_rules(judgement),
        ]
    )
    _report(found, as_json=as_json)


def _plan(each: Environment, target: str, folder: Path) -> dict[Path, UnitPlan]:
    """The plans of an environment's units by their JSON files, which stay in the folder."""
    console.step(f"planning live/{each.name}")
    resolved = deployment.resolve(each, target)
    if resolved.target.kind is Kind.LOCAL:
        deployment.bootstrap(resolved, update=False)
    return {folder / plan.unit / units.PLAN: plan for plan in units.make(resolved, folder)}


def _report(found: Verdict, *, as_json: bool) -> None:
    if as_json:
        console.data_json(asdict(found))
    else:
        for failure in found.failed:
            console.data(str(failure))
    if found.unseen:
        console.warning(
            f"{len(found.unseen)} policy documents are known only once they are applied, and "
            f"nothing has read them: {', '.join(found.unseen)}"
        )
    skipped, excused = len(found.skipped), len(found.excused)
    counts = f"{found.passed} checks passed, {skipped} skipped and {excused} excused with a reason"
    if found.failed:
        raise PolicyError(
            f"{len(found.failed)} failed; {counts}",
            hint="mend them, or say why not: #checkov:skip=ID:reason in the resource, or a line "
            f"in {verdict.REASONS_FILE}",
        )
    console.success(f"policy: {counts}")
