"""The way of one request: web ACL, rules, function, response."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from local_aws.lambda_runtime.invocation import Failed, Outcome, Reason
from local_aws.load_balancer import stickiness
from local_aws.load_balancer.configuration import (
    FixedResponse,
    Listener,
    Redirect,
    Rule,
    TargetGroup,
    Unsupported,
)
from local_aws.load_balancer.lambda_event import (
    TRACE_PLACEHOLDER,
    EventTemplate,
    InvalidEventError,
    event_template,
)
from local_aws.load_balancer.lambda_response import InvalidResponseError, decode_response
from local_aws.load_balancer.redirect import redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response, error_page, not_supported
from local_aws.load_balancer.rules import (
    BlockedByWebAcl,
    InvokeFunction,
    NoTarget,
    RoutingDecision,
    RuleSet,
    decide,
)
from local_aws.load_balancer.target_headers import (
    has_too_many_addresses,
    target_headers,
    trace_id,
)
from local_aws.load_balancer.transforms import TransformError, apply_transforms

_log = logging.getLogger(__name__)

Respond = Callable[[Response, RoutingDecision | None, str | None], None]
"""Receives the response, the decision if rules were evaluated, and the trace id of a function."""

RequestFilter = Callable[[Request], Response | None]
"""Returns the response to a request that a web ACL blocks, otherwise None."""

REPEATED_REQUESTS = 256
"""Number of requests whose results are kept, because clients repeat requests.

Heads and responses of functions are kept as well. Measured with benchmarks.load_balancer, on and
off in one run: 59 % more requests per second at 16 connections, 30 % more at one.
"""

_BLOCKED = RoutingDecision(None, BlockedByWebAcl())


class Invoker(Protocol):
    """Invokes functions by ARN on behalf of ``source_arn``, a target group.

    ``done`` is called once, possibly before ``invoke`` returns.
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
class _PreparedRequest:
    """A request with the results that are the same whenever it is repeated.

    ``templates`` are the templates of its event by target group ARN.
    """

    request: Request
    refusal: Response | None
    match: Rule | RoutingDecision
    templates: dict[str, EventTemplate] = field(default_factory=dict)


class RequestHandler:
    """Handles the requests of one listener with its current configuration."""

    def __init__(
        self,
        listener: Listener,
        functions: Invoker,
        local_ports: Mapping[int, int],
        request_filter: RequestFilter | None = None,
    ) -> None:
        """``local_ports`` maps the load balancer's listener ports to loopback ports."""
        self.listener = listener
        self._rules = RuleSet(listener)
        self._functions = functions
        self._local_ports = local_ports
        self._request_filter = request_filter
        self._prepare_cached = lru_cache(maxsize=REPEATED_REQUESTS)(self._prepare)

    def handle(self, request: Request, respond: Respond) -> None:
        """Call ``respond`` once with the response, possibly before this returns."""
        prepared = self._prepare(request) if request.body else self._prepare_cached(request)
        if prepared.refusal is not None:
            respond(prepared.refusal, None, None)
            return
        blocked = None if self._request_filter is None else self._request_filter(request)
        if blocked is not None:
            respond(blocked, _BLOCKED, None)
            return
        decision = prepared.match
        if isinstance(decision, Rule):
            draw = random.random()  # noqa: S311 - not for security
            decision = decide(decision, request, draw, time.time())
        match decision.outcome:
            case InvokeFunction() as target:
                self._invoke(target, decision, prepared, respond)
            case FixedResponse(status, content_type, body):
                headers = (("Content-Type", content_type),)
                respond(Response(status, headers, body.encode()), decision, None)
            case Redirect() as action:
                response = redirect(action, request, self.listener, self._local_ports)
                respond(response, decision, None)
            case Unsupported(feature):
                _log.warning("%s %s: not supported: %s", request.method, request.path, feature)
                respond(not_supported(feature), decision, None)
            case NoTarget() | BlockedByWebAcl():
                respond(error_page(503), decision, None)

    def _prepare(self, request: Request) -> _PreparedRequest:
        refusal = None
        if request.method == "TRACE":
            refusal = error_page(405)
        elif has_too_many_addresses(request):
            refusal = error_page(463)
        return _PreparedRequest(request, refusal, self._rules.match(request))

    def _invoke(
        self,
        target: InvokeFunction,
        decision: RoutingDecision,
        prepared: _PreparedRequest,
        respond: Respond,
    ) -> None:
        request, group = prepared.request, target.group
        if "websocket" in (request.value("upgrade") or "").lower():
            respond(error_page(400, reason=Reason.WEBSOCKET, close=True), decision, None)
            return
        trace = trace_id(request.value("x-amzn-trace-id"))
        try:
            template = prepared.templates.get(group.arn)
            if template is None:
                template = self._event_template(request, decision.rule, group)
                prepared.templates[group.arn] = template
            payload = template.event(trace)
        except InvalidEventError as error:
            _log.info("%s %s: %s: %s", request.method, request.path, Reason.BAD_REQUEST, error)
            respond(error_page(400, reason=Reason.BAD_REQUEST), decision, None)
            return
        except TransformError as error:
            _log.warning("%s %s: 500: %s", request.method, request.path, error)
            respond(error_page(500), decision, None)
            return

        def finish(outcome: Outcome) -> None:
            try:
                response = _function_response(outcome, request, group.multi_value_headers)
                if target.sticky_seconds is not None:
                    response = self._with_cookies(response, group.arn, target.sticky_seconds)
            except Exception:
                # An exception would end the connection to the worker.
                _log.exception("%s %s failed", request.method, request.path)
                response = error_page(500, close=True)
            respond(response, decision, trace)

        self._functions.invoke(
            target.function_arn, payload, finish, trace_id=trace, source_arn=group.arn
        )

    def _event_template(
        self, request: Request, rule: Rule | None, group: TargetGroup
    ) -> EventTemplate:
        if rule is not None and rule.transforms:
            request = apply_transforms(request, rule.transforms)
        return event_template(
            request,
            target_headers(request, self.listener, TRACE_PLACEHOLDER),
            target_group_arn=group.arn,
            multi_value=group.multi_value_headers,
        )

    def _with_cookies(self, response: Response, group_arn: str, seconds: int) -> Response:
        secure = self.listener.protocol == "HTTPS"
        cookies = stickiness.cookie_headers(group_arn, seconds, time.time(), secure=secure)
        return response._replace(headers=(*response.headers, *cookies))


def _function_response(outcome: Outcome, request: Request, multi_value: bool) -> Response:
    if isinstance(outcome, Failed):
        reason, detail = outcome.reason, outcome.detail
    else:
        try:
            return decode_response(outcome.payload, multi_value=multi_value)
        except InvalidResponseError as error:
            reason, detail = error.reason, str(error)
    _log.warning("%s %s: 502 %s: %s", request.method, request.path, reason, detail)
    return error_page(502, reason=reason)
