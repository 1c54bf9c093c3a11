"""Which rule a request meets, and what is to be done with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from local_aws.load_balancer.configuration import (
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
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.rule_conditions import rule_matcher
from local_aws.load_balancer.stickiness import remembered


@dataclass(frozen=True, slots=True)
class NoTarget:
    """There is nothing behind the rule: no group, no weight, or no registered target."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A firewall has answered instead of the rules."""


@dataclass(frozen=True, slots=True)
class Invoke:
    """The function that gets the request, and for how long its group keeps the client."""

    group: TargetGroup
    function_arn: str
    sticky_seconds: int | None = None


Outcome = FixedResponse | Redirect | Invoke | NoTarget | Blocked | Unsupported


class Decision(NamedTuple):
    """``rule`` is None when the listener as a whole cannot be served, or none was asked."""

    rule: Rule | None
    outcome: Outcome


class Rules:
    """The rules of a listener, ready to be asked."""

    def __init__(self, listener: Listener) -> None:
        self._refused = None if listener.refusal is None else Decision(None, listener.refusal)
        self._rules = [(rule_matcher(rule), rule, _constant(rule)) for rule in listener.rules]

    def find(self, request: Request) -> Decision | Rule:
        """What is decided each time the request comes, or the rule that has yet to ``choose``.

        That is the first by priority that the request meets.
        """
        if self._refused is not None:
            return self._refused
        for meets, rule, constant in self._rules:
            verdict = meets(request)
            if verdict is True:
                return constant or rule
            if verdict is not False:
                return Decision(rule, verdict)
        return Decision(None, NoTarget())


def choose(rule: Rule, request: Request, draw: float, now: float = math.inf) -> Decision:
    """Decide among the groups of a rule; ``draw`` is uniform in [0, 1).

    ``now`` is in seconds since the epoch, for cookies that expire; without it they all have.
    """
    return Decision(rule, _outcome(rule.action, draw, request, now))


def _constant(rule: Rule) -> Decision | None:
    """What is decided where a rule leaves nothing to chance, as most do."""
    if isinstance(rule.action, Forward) and len(rule.action.groups) > 1:
        return None
    return Decision(rule, _outcome(rule.action, 0.0))


def _outcome(
    action: Action, draw: float, request: Request | None = None, now: float = math.inf
) -> Outcome:
    if not isinstance(action, Forward):
        return action
    weighted = None
    if action.sticky_seconds is not None and request is not None:
        weighted = remembered(request, action.groups, now)
    weighted = weighted or by_weight(action.groups, draw)
    if weighted is None or weighted.group is None:
        return NoTarget()
    group = weighted.group
    if group.target_type != "lambda":
        return Unsupported(f"targets of type {group.target_type}")
    if not group.target_ids:
        return NoTarget()
    return Invoke(group, group.target_ids[0], action.sticky_seconds)


def by_weight(groups: tuple[WeightedGroup, ...], draw: float) -> WeightedGroup | None:
    """One group by weight, or None when no group has any. An empty group keeps its share."""
    mark = draw * sum(group.weight for group in groups)
    for group in groups:
        if mark < group.weight:
            return group
        mark -= group.weight
    return None
