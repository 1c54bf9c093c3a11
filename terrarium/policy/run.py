"""The task ``policy``: checkov and our rules over the modules and the plans."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from terrarium import console, deployment, settings
from terrarium.errors import TerrariumError
from terrarium.policy import checkov, report, unit_plan
from terrarium.policy.evaluation import REASONS_FILE, evaluate, read_reasons
from terrarium.policy.report import Report
from terrarium.policy.rules import COMPARISONS, RULES
from terrarium.policy.unit_plan import UnitPlan
from terrarium.settings import Environment
from terrarium.targets import Kind


class PolicyError(TerrariumError):
    """A finding that no reason excuses."""


def policy(env: str | None, target: str, *, as_json: bool) -> None:
    """Check the modules and the plans of an environment, or of all environments.

    Prints each failure as a line on stdout, or everything as JSON. Raises PolicyError when
    something fails; UsageError, ConfigurationError, ToolchainError, TerraformError when a check
    cannot run.
    """
    chosen = [settings.environment(env)] if env else list(settings.environments().values())
    reasons = read_reasons()
    deployment.check_inputs()
    python = checkov.python()
    modules = settings.modules()
    with tempfile.TemporaryDirectory(prefix="terrarium-") as scratch:
        plans: dict[Path, UnitPlan] = {}
        for each in chosen:
            plans |= _plan(each, target, Path(scratch).resolve() / each.name)
        console.step(f"checkov: {len(modules)} modules, {len(plans)} plans")
        in_modules = checkov.scan_modules(python, settings.MODULES)
        in_plans = checkov.scan_plans(python, list(plans))
    console.step(f"rules over plans: {len(RULES) + len(COMPARISONS)}")
    evaluation = evaluate(list(plans.values()), reasons, complete=env is None)
    skips = [skip for module in modules for skip in report.find_skips(module)]
    found = report.of_modules(in_modules, skips)
    found += report.of_plans(in_plans, plans, skips)
    found += report.of_rules(evaluation)
    _print(found, as_json=as_json)


def _plan(each: Environment, target: str, folder: Path) -> dict[Path, UnitPlan]:
    """Plan an environment; return the plans of its units by their JSON files in ``folder``."""
    console.step(f"planning live/{each.name}")
    resolved = deployment.resolve(each, target)
    if resolved.target.kind is Kind.LOCAL:
        deployment.bootstrap(resolved, update=False)
    return {folder / plan.unit / unit_plan.PLAN: plan for plan in unit_plan.make(resolved, folder)}


def _print(found: Report, *, as_json: bool) -> None:
    if as_json:
        console.data_json(asdict(found))
    else:
        for failure in found.failed:
            console.data(str(failure))
    if found.unknown:
        console.warning(
            f"{len(found.unknown)} policy documents are known only after an apply, so no rule "
            f"could read them: {', '.join(found.unknown)}"
        )
    skipped, excused = len(found.skipped), len(found.excused)
    counts = f"{found.passed} checks passed, {skipped} skipped and {excused} excused with a reason"
    if found.failed:
        raise PolicyError(
            f"{len(found.failed)} failed; {counts}",
            hint="fix them, or give a reason: #checkov:skip=ID:reason in the resource, or a line "
            f"in {REASONS_FILE.relative_to(settings.ROOT)}",
        )
    console.success(f"policy: {counts}")
