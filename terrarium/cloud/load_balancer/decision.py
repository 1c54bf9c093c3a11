"""Which rule a request meets, and what is to be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from terrarium.cloud.load_balancer.matching import meets
from terrarium.cloud.load_balancer.model import (
    Action,
    FixedResponse,
    Forward,
    Listener,
    Redirect,
    Rule,
    TargetGroup,
    Unsupported,
    WeightedGroup,
)
from terrarium.cloud.load_balancer.request import Request


@dataclass(frozen=True, slots=True)
class NoTarget:
    """There is nothing behind the rule: no group, no weight, or no registered target."""


@dataclass(frozen=True, slots=True)
class Invoke:
    """The function that gets the request."""

    group: TargetGroup
    function_arn: str


Outcome = FixedResponse | Redirect | Invoke | NoTarget | Unsupported


@dataclass(frozen=True, slots=True)
class Decision:
    """``rule`` is None when the listener as a whole cannot be served."""

    rule: Rule | None
    outcome: Outcome


def decide(request: Request, listener: Listener, draw: float) -> Decision:
    """The first rule by priority whose conditions all hold; ``draw`` is uniform in [0, 1)."""
    if listener.refusal is not None:
        return Decision(None, listener.refusal)
    for rule in listener.rules:
        verdict = meets(request, rule)
        if isinstance(verdict, Unsupported):
            return Decision(rule, verdict)
        if verdict:
            return Decision(rule, _outcome(rule.action, draw))
    return Decision(None, NoTarget())


def _outcome(action: Action, draw: float) -> Outcome:
    if not isinstance(action, Forward):
        return action
    weighted = choose(action.groups, draw)
    if weighted is None or weighted.group is None:
        return NoTarget()
    group = weighted.group
    if group.target_type != "lambda":
        return Unsupported(f"targets of type {group.target_type}")
    if not group.target_ids:
        return NoTarget()
    return Invoke(group, group.target_ids[0])


def choose(groups: tuple[WeightedGroup, ...], draw: float) -> WeightedGroup | None:
    """One group by weight, or None when no group has any. An empty group keeps its share."""
    mark = draw * sum(group.weight for group in groups)
    for group in groups:
        if mark < group.weight:
            return group
        mark -= group.weight
    return None
