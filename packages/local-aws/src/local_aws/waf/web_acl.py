"""A web ACL and the evaluation of its rules.

Sources: AWS WAF developer guide, "How AWS WAF handles rule and rule group actions" and "Customizing
web requests and responses".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from local_aws.waf.request_components import MissingHeaderError, WebRequest
from local_aws.waf.statements import Predicate


@dataclass(frozen=True, slots=True)
class CustomResponse:
    """The response to a blocked request, instead of the default 403."""

    status: int
    content_type: str = "text/plain"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Allow and block are terminating actions; after count, evaluation continues."""

    kind: Literal["allow", "block", "count"]
    response: CustomResponse | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """``labels`` are added to a request that matches."""

    name: str
    statement: Predicate
    action: Action
    labels: tuple[str, ...] = ()

    def matches(self, request: WebRequest) -> bool:
        try:
            return self.statement(request)
        except MissingHeaderError:
            return False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result for one request.

    ``rule`` is the terminating rule, None for the default action; ``counted`` are the rules with
    the action count that matched before.
    """

    action: Action
    rule: str | None
    counted: tuple[str, ...]

    @property
    def is_blocked(self) -> bool:
        return self.action.kind == "block"


@dataclass(frozen=True, slots=True)
class WebAcl:
    """``rules`` are in order of priority; ``skipped_rules`` are unsupported, with the reason."""

    arn: str
    name: str
    rules: tuple[Rule, ...]
    default: Action
    skipped_rules: Mapping[str, str]

    def evaluate(self, request: WebRequest) -> Evaluation:
        """Evaluate the rules; adds labels to the request and counts it for rate-based rules."""
        counted: list[str] = []
        for rule in self.rules:
            if not rule.matches(request):
                continue
            request.labels.update(rule.labels)
            if rule.action.kind != "count":
                return Evaluation(rule.action, rule.name, tuple(counted))
            counted.append(rule.name)
        return Evaluation(self.default, None, tuple(counted))
