"""One request through the rules and the functions."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from terrarium.cloud.functions.outcome import Answered, Failed, Outcome, Reason
from terrarium.cloud.load_balancer import event, pages
from terrarium.cloud.load_balancer.answer import Answer
from terrarium.cloud.load_balancer.decision import Invoke, NoTarget, decide
from terrarium.cloud.load_balancer.forwarded import target_headers, too_many_forwarded
from terrarium.cloud.load_balancer.interpretation import BadResponseError, interpret
from terrarium.cloud.load_balancer.model import FixedResponse, Listener, Redirect, Unsupported
from terrarium.cloud.load_balancer.redirect import redirect
from terrarium.cloud.load_balancer.request import Request

_log = logging.getLogger(__name__)


class Invoker(Protocol):
    """Runs the function behind an ARN on behalf of ``source_arn``, a target group."""

    def invoke(
        self,
        arn: str,
        payload: bytes,
        done: Callable[[Outcome], None],
        *,
        trace_id: str,
        source_arn: str,
    ) -> None: ...


async def answer(  # noqa: PLR0911 - one for each kind of outcome
    request: Request, listener: Listener, functions: Invoker, local_ports: Mapping[int, int]
) -> Answer:
    """What the load balancer answers. ``local_ports`` are those of its listeners, see redirect."""
    if request.method == "TRACE":
        return pages.error(405)
    if too_many_forwarded(request):
        return pages.error(463)
    decision = decide(request, listener, random.random())  # noqa: S311 - a share of traffic
    match decision.outcome:
        case FixedResponse(status, content_type, body):
            return Answer(status, (("Content-Type", content_type),), body.encode())
        case Redirect() as action:
            return redirect(action, request, listener, local_ports)
        case Invoke() as target:
            return await _invoke(target, request, listener, functions)
        case NoTarget():
            return pages.error(503)
        case Unsupported(feature):
            _log.warning("%s %s: not built: %s", request.method, request.path, feature)
            return pages.not_built(feature)


async def _invoke(
    target: Invoke, request: Request, listener: Listener, functions: Invoker
) -> Answer:
    if "websocket" in (request.value("upgrade") or "").lower():
        return pages.error(400, reason=Reason.WEBSOCKET, close=True)
    headers = target_headers(request, listener)
    multi_value = target.group.multi_value_headers
    try:
        payload = event.build(
            request, headers, target_group_arn=target.group.arn, multi_value=multi_value
        )
    except event.BadEventError as error:
        _log.info("%s %s: %s: %s", request.method, request.path, Reason.BAD_REQUEST, error)
        return pages.error(400, reason=Reason.BAD_REQUEST)
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    functions.invoke(
        target.function_arn,
        payload,
        lambda outcome: None if future.done() else future.set_result(outcome),
        trace_id=dict(headers)["x-amzn-trace-id"],
        source_arn=target.group.arn,
    )
    match await future:
        case Answered(response):
            try:
                return interpret(response, multi_value=multi_value)
            except BadResponseError as error:
                reason, detail = error.reason, str(error)
        case Failed(reason, detail):
            pass
    _log.warning("%s %s: 502 %s: %s", request.method, request.path, reason, detail)
    return pages.error(502, reason=reason)
