"""What a rule finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from terrarium.policy.units import UnitPlan


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a unit's plan that a rule objects to.

    ``address`` is the resource's, without instance keys. ``detail`` tells the findings of one
    resource apart: a statement, an attribute.
    """

    unit: str
    address: str
    message: str
    detail: str = ""

    @property
    def key(self) -> str:
        """What ``live/policy.toml`` calls it: the same in every environment."""
        return f"{self.unit}/{self.address}" + (f" {self.detail}" if self.detail else "")


Rule: TypeAlias = Callable[[UnitPlan], Iterable[Finding]]
"""Reads one unit's plan."""

Comparison: TypeAlias = Callable[[UnitPlan, UnitPlan], Iterable[Finding]]
"""Reads the plans of one unit in a protected environment and in another, in this order."""
