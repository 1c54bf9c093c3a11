"""One request through the rules and the functions."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from local_aws.lambda_runtime.outcome import Failed, Outcome, Reason
from local_aws.load_balancer import lambda_event as event
from local_aws.load_balancer import pages, stickiness
from local_aws.load_balancer.configuration import (
    FixedResponse,
    Listener,
    Redirect,
    Rule,
    TargetGroup,
    Unsupported,
)
from local_aws.load_balancer.lambda_response import BadResponseError, interpret
from local_aws.load_balancer.redirect import redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Answer
from local_aws.load_balancer.rules import (
    Blocked,
    Decision,
    Invoke,
    NoTarget,
    Rules,
    choose,
)
from local_aws.load_balancer.target_headers import target_headers, too_many_forwarded
from local_aws.load_balancer.trace import trace_id
from local_aws.load_balancer.transforms import TransformError, rewritten

_log = logging.getLogger(__name__)

Done = Callable[[Answer, Decision | None, str | None], None]
"""Gets the answer, the decision unless there was none, the trace id if a function was asked."""

Guard = Callable[[Request], Answer | None]
"""A firewall: the answer to a request that it does not let through to the rules."""


_BLOCKED = Decision(None, Blocked())


class Invoker(Protocol):
    """Runs the function behind an ARN on behalf of ``source_arn``, a target group.

    ``done`` is called once, perhaps before this returns.
    """

    def invoke(
        self,
        arn: str,
        payload: bytes,
        done: Callable[[Outcome], None],
        *,
        trace_id: str,
        source_arn: str,
    ) -> None: ...


@dataclass(slots=True)
class Prepared:
    """A request with what is found out about it once, however often the same one comes again.

    ``refusal`` is the answer to one that gets no further; ``found`` is what is decided, or the rule
    that decides anew each time; ``forms`` are those of its events, by the group that gets them.
    """

    request: Request
    refusal: Answer | None
    found: Decision | Rule
    forms: dict[str, event.Form] = field(default_factory=dict)


class Responder:
    """Answers the requests to one listener as it is configured now."""

    def __init__(
        self,
        listener: Listener,
        functions: Invoker,
        local_ports: Mapping[int, int],
        guard: Guard | None = None,
    ) -> None:
        """``local_ports`` are those of the load balancer's listeners, see redirect."""
        self.listener = listener
        self._rules = Rules(listener)
        self._functions = functions
        self._local_ports = local_ports
        self._guard = guard

    def prepare(self, request: Request) -> Prepared:
        return Prepared(request, _refusal(request), self._rules.find(request))

    def respond(self, prepared: Prepared, done: Done) -> None:
        """Have the request answered; ``done`` is called once, perhaps before this returns."""
        request, decision = prepared.request, prepared.found
        if prepared.refusal is not None:
            done(prepared.refusal, None, None)
            return
        if self._guard is not None and (blocked := self._guard(request)) is not None:
            done(blocked, _BLOCKED, None)
            return
        if isinstance(decision, Rule):
            draw = random.random()  # noqa: S311 - a share
            decision = choose(decision, request, draw, time.time())
        if isinstance(decision.outcome, Invoke):
            self._invoke(decision, decision.outcome, prepared, done)
        else:
            done(self._own_answer(decision, request), decision, None)

    def _own_answer(self, decision: Decision, request: Request) -> Answer:
        match decision.outcome:
            case FixedResponse(status, content_type, body):
                return Answer(status, (("Content-Type", content_type),), body.encode())
            case Redirect() as action:
                return redirect(action, request, self.listener, self._local_ports)
            case Unsupported(feature):
                _log.warning("%s %s: not built: %s", request.method, request.path, feature)
                return pages.not_built(feature)
            case NoTarget() | Blocked() | Invoke():
                return pages.error(503)

    def _invoke(self, decision: Decision, target: Invoke, prepared: Prepared, done: Done) -> None:
        request, group = prepared.request, target.group
        if "websocket" in (request.value("upgrade") or "").lower():
            done(pages.error(400, reason=Reason.WEBSOCKET, close=True), decision, None)
            return
        trace = trace_id(request.value("x-amzn-trace-id"))
        try:
            form = prepared.forms.get(group.arn)
            if form is None:
                form = prepared.forms[group.arn] = self._form(decision, group, request)
            payload = form.event(trace)
        except event.BadEventError as error:
            _log.info("%s %s: %s: %s", request.method, request.path, Reason.BAD_REQUEST, error)
            done(pages.error(400, reason=Reason.BAD_REQUEST), decision, None)
            return
        except TransformError as error:
            _log.warning("%s %s: 500: %s", request.method, request.path, error)
            done(pages.error(500), decision, None)
            return

        def finish(outcome: Outcome) -> None:
            try:
                answer = _answer(outcome, request, group.multi_value_headers)
                if target.sticky_seconds is not None:
                    answer = self._with_cookies(answer, group.arn, target.sticky_seconds)
            except Exception:
                # Nobody but the worker's connection would see it, and would end for it.
                _log.exception("%s %s failed", request.method, request.path)
                answer = pages.error(500, close=True)
            done(answer, decision, trace)

        self._functions.invoke(
            target.function_arn, payload, finish, trace_id=trace, source_arn=group.arn
        )

    def _form(self, decision: Decision, group: TargetGroup, request: Request) -> event.Form:
        if decision.rule is not None and decision.rule.transforms:
            request = rewritten(request, decision.rule.transforms)
        headers = target_headers(request, self.listener, event.TRACE)
        return event.Form.of(
            event.build(
                request,
                headers,
                target_group_arn=group.arn,
                multi_value=group.multi_value_headers,
            )
        )

    def _with_cookies(self, answer: Answer, group_arn: str, seconds: int) -> Answer:
        secure = self.listener.protocol == "HTTPS"
        cookies = stickiness.headers(group_arn, seconds, time.time(), secure=secure)
        return answer._replace(headers=(*answer.headers, *cookies))


def _refusal(request: Request) -> Answer | None:
    if request.method == "TRACE":
        return pages.error(405)
    return pages.error(463) if too_many_forwarded(request) else None


def _answer(outcome: Outcome, request: Request, multi_value: bool) -> Answer:
    if isinstance(outcome, Failed):
        reason, detail = outcome.reason, outcome.detail
    else:
        try:
            return interpret(outcome.payload, multi_value=multi_value)
        except BadResponseError as error:
            reason, detail = error.reason, str(error)
    _log.warning("%s %s: 502 %s: %s", request.method, request.path, reason, detail)
    return pages.error(502, reason=reason)
