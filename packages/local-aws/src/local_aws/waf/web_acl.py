"""Rules in the order of their priorities, and the verdict.

Source: AWS WAF developer guide, "How AWS WAF handles rule and rule group actions" and "Customizing
web requests and responses".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from local_aws.waf.request_components import Inspection, NotAppliedError
from local_aws.waf.statements import Predicate


@dataclass(frozen=True, slots=True)
class CustomResponse:
    """What a blocked client gets instead of the usual 403."""

    status: int
    content_type: str = "text/plain"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """``count`` lets the next rule decide; the others end the evaluation."""

    kind: Literal["allow", "block", "count"]
    response: CustomResponse | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    matches: Predicate
    action: Action
    labels: tuple[str, ...] = ()

    def applies(self, seen: Inspection) -> bool:
        try:
            return self.matches(seen)
        except NotAppliedError:
            return False


@dataclass(frozen=True, slots=True)
class Verdict:
    """``rule`` decided, or the web ACL's default action where it is None; ``counted`` matched
    before it."""

    action: Action
    rule: str | None
    counted: tuple[str, ...]

    @property
    def is_blocked(self) -> bool:
        return self.action.kind == "block"


@dataclass(frozen=True, slots=True)
class WebAcl:
    """``left_out`` are the rules that this machine cannot evaluate, with the reason of each."""

    arn: str
    name: str
    rules: tuple[Rule, ...]
    default: Action
    left_out: Mapping[str, str]

    def judge(self, seen: Inspection) -> Verdict:
        """What happens to a request; its labels and the rates it counts for change."""
        counted: list[str] = []
        for rule in self.rules:
            if not rule.applies(seen):
                continue
            seen.labels.update(rule.labels)
            if rule.action.kind != "count":
                return Verdict(rule.action, rule.name, tuple(counted))
            counted.append(rule.name)
        return Verdict(self.default, None, tuple(counted))
