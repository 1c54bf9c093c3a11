"""Rule evaluation: the rule that a request matches, and the target of its action.

Source: Application Load Balancers guide, "Listener rules for your Application Load Balancer".
"""

from __future__ import annotations

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
from local_aws.load_balancer.rule_conditions import Matcher, condition_matcher
from local_aws.load_balancer.stickiness import sticky_group


@dataclass(frozen=True, slots=True)
class NoTarget:
    """The action forwards to no target: no group, no weight, or no registered target."""


@dataclass(frozen=True, slots=True)
class BlockedByWebAcl:
    """The web ACL blocked the request before rule evaluation."""


class InvokeFunction(NamedTuple):
    """The function to invoke; ``sticky_seconds`` is the lifetime of the stickiness cookie."""

    group: TargetGroup
    function_arn: str
    sticky_seconds: int | None = None


Outcome = FixedResponse | Redirect | InvokeFunction | NoTarget | BlockedByWebAcl | Unsupported


class RoutingDecision(NamedTuple):
    """``rule`` is None if no rule was evaluated: blocked by a web ACL, or unsupported listener."""

    rule: Rule | None
    outcome: Outcome


class _CompiledRule(NamedTuple):
    rule: Rule
    matchers: tuple[Matcher, ...]
    unsupported: Unsupported | None


class RuleSet:
    """The rules of a listener with their conditions compiled."""

    def __init__(self, listener: Listener) -> None:
        self._unsupported = listener.unsupported
        self._rules = [_compiled(rule) for rule in listener.rules]

    def match(self, request: Request) -> Rule | RoutingDecision:
        """Return the first rule whose conditions all match, or a decision about unsupported ones.

        An unsupported condition decides only if all other conditions of its rule match.
        """
        if self._unsupported is not None:
            return RoutingDecision(None, self._unsupported)
        for rule, matchers, unsupported in self._rules:
            if all(matches(request) for matches in matchers):
                return rule if unsupported is None else RoutingDecision(rule, unsupported)
        return RoutingDecision(None, NoTarget())


def _compiled(rule: Rule) -> _CompiledRule:
    compiled = [condition_matcher(condition) for condition in rule.conditions]
    unsupported = [each for each in compiled if isinstance(each, Unsupported)]
    matchers = tuple(each for each in compiled if not isinstance(each, Unsupported))
    return _CompiledRule(rule, matchers, unsupported[0] if unsupported else None)


def decide(rule: Rule, request: Request, draw: float, now: float) -> RoutingDecision:
    """Return the outcome of the action of a rule.

    ``draw`` is uniform in [0, 1) and selects a weighted target group; ``now`` is in seconds since
    the epoch.
    """
    return RoutingDecision(rule, _outcome(rule.action, request, draw, now))


def _outcome(action: Action, request: Request, draw: float, now: float) -> Outcome:
    if not isinstance(action, Forward):
        return action
    weighted = None
    if action.sticky_seconds is not None:
        weighted = sticky_group(request, action.groups, now)
    weighted = weighted or group_by_weight(action.groups, draw)
    if weighted is None or weighted.group is None:
        return NoTarget()
    group = weighted.group
    if group.target_type != "lambda":
        return Unsupported(f"targets of type {group.target_type}")
    if not group.target_ids:
        return NoTarget()
    return InvokeFunction(group, group.target_ids[0], action.sticky_seconds)


def group_by_weight(groups: tuple[WeightedGroup, ...], draw: float) -> WeightedGroup | None:
    """Select a group by weight, with or without targets; None if all weights are 0."""
    remaining = draw * sum(group.weight for group in groups)
    for group in groups:
        if remaining < group.weight:
            return group
        remaining -= group.weight
    return None
