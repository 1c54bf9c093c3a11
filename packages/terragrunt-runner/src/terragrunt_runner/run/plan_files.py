"""Saved plans of many units: ``--out-dir`` and ``--json-out-dir``.

A plan written by ``run --all --out-dir D plan`` is what ``run --all --out-dir D apply`` applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from terragrunt_runner.errors import TerraformError
from terragrunt_runner.run.attempts import Ended
from terragrunt_runner.run.processes import Command
from terragrunt_runner.run.unit import Units

_PLAN, _JSON = "tfplan.tfplan", "tfplan.json"


@dataclass(frozen=True, slots=True)
class PlanFiles:
    """Folders, absolute; None where the flag is not given. Below them each unit has its own."""

    plans: Path | None = None
    json: Path | None = None

    def words(self, unit: str, words: Sequence[str]) -> tuple[str, ...]:
        """Terraform's words with the plan file of this unit."""
        file = self._plan(unit)
        if file is None:
            return tuple(words)
        if words[0] == "plan":
            file.parent.mkdir(parents=True, exist_ok=True)
            return (*words, f"-out={file}")
        if words[0] in ("apply", "destroy") and self.plans is not None:
            return (*words, str(file))
        if words[0] == "show" and self.plans is not None:
            return (*words, str(file))
        return tuple(words)

    def as_json(self, unit: str, words: Sequence[str], ended: Ended, units: Units) -> None:
        """Write the plan of this unit as JSON too. Raises TerraformError if it cannot be shown."""
        file = self._plan(unit)
        prepared = ended.prepared
        if self.json is None or words[0] != "plan" or prepared is None or file is None:
            return
        argv = (prepared.terraform, "show", "-json", str(file))
        done = units.children.run(Command(argv, prepared.folder, prepared.environment), whole=True)
        if done.code:
            raise TerraformError(f"{unit}: terraform show -json {file}: {done.stderr.strip()}")
        target = self.json / unit / _JSON
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(done.stdout + "\n", "utf-8")

    def _plan(self, unit: str) -> Path | None:
        # Without --out-dir the binary plan still has to be somewhere to become JSON.
        base = self.plans or self.json
        return base / unit / _PLAN if base else None
