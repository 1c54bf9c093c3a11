"""An completed as a line of the access log.

Source: Application Load Balancers guide, "Access logs", log entries, up to the field
``request_transform_status``; what the fields hold of a request that could not be read is as
observed on AWS. A Lambda target has neither address nor list of status codes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from local_aws.cloudwatch.resource_ids import BalancerName
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.configuration import FixedResponse, Forward, Redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.rule_conditions import host_name
from local_aws.load_balancer.rules import BlockedByWebAcl, InvokeFunction, NoTarget
from local_aws.load_balancer.target_headers import trace_id
from local_aws.load_balancer.transforms import apply_transforms

USER_AGENT_CHARACTERS = 8_192

_UNSAFE = re.compile(rb"[^ !#-\[\]-~]")


def entry(completed: CompletedRequest, balancer: BalancerName, *, has_firewall: bool) -> str:
    """One line, without its end. ``has_firewall`` is whether a web ACL has looked at requests."""
    listener, client, answer = completed.listener, completed.client, completed.response
    request = completed.request
    began, ended = (
        completed.received_at,
        completed.received_at + completed.target_processing_seconds,
    )
    times = (
        f"0.000 {completed.target_processing_seconds:.3f} 0.000"
        if was_dispatched(completed)
        else "-1 -1 -1"
    )
    answered = str(answer.status) if is_targets_answer(completed) else "-"
    agent = None if request is None else request.value("user-agent")
    finding = completed.classification_reason
    classification = "-" if finding is None else finding.classification.name.capitalize()
    return (
        f"{listener.protocol.lower()} {timestamp(ended)} {balancer.resource_id} "
        f"{client.address}:{client.port} - {times} {answer.status} {answered} "
        f"{completed.received_bytes} {completed.sent_bytes} "
        f'"{_request_line(completed)}" "{escaped(agent)[:USER_AGENT_CHARACTERS]}" - - '
        f'{_target_group(completed)} "{_trace(completed)}" "-" "-" {_priority(completed)} '
        f'{timestamp(began)} "{_actions(completed, has_firewall)}" "{_location(completed)}" '
        f'"{answer.error_reason or "-"}" "-" "-" '
        f'"{classification}" "{finding or "-"}" '
        f"{client.trace_id} {_transformed(completed)}"
    )


def was_dispatched(completed: CompletedRequest) -> bool:
    """Whether a function was asked."""
    return completed.trace_id is not None


def is_targets_answer(completed: CompletedRequest) -> bool:
    """Whether the answer is the function's own; otherwise it is the load balancer's."""
    answer = completed.response
    return completed.trace_id is not None and answer.error_reason is None and not answer.close


def timestamp(seconds: float) -> str:
    """ISO 8601 in UTC with six places."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1e6):06d}Z"


@lru_cache(maxsize=16)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def escaped(text: str | None) -> str:
    r"""``\xNN`` for quotes, backslashes and what is not printable ASCII; ``-`` for nothing."""
    if not text:
        return "-"
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return _UNSAFE.sub(lambda match: b"\\x%02X" % match[0][0], raw).decode("ascii")


def _request_line(completed: CompletedRequest) -> str:
    listener, request = completed.listener, completed.request
    scheme = listener.protocol.lower()
    if request is None:
        return f"- {scheme}://{listener.dns_name}:{listener.port}- -"
    host = host_name(request.value("host") or listener.dns_name)
    target = _target(request)
    return escaped(
        f"{request.method} {scheme}://{host}:{listener.port}{target} {completed.version}"
    )


def _target(request: Request) -> str:
    return f"{request.path}?{request.query}" if request.query else request.path


def _target_group(completed: CompletedRequest) -> str:
    decision = completed.decision
    match decision and decision.outcome:
        case InvokeFunction(group, _):
            return group.arn
        case NoTarget():
            action = None if decision is None or decision.rule is None else decision.rule.action
            if isinstance(action, Forward) and len(action.groups) == 1:
                return action.groups[0].arn
    return "-"


def _trace(completed: CompletedRequest) -> str:
    request = completed.request
    if request is None:
        return "-"
    return escaped(completed.trace_id or trace_id(request.value("x-amzn-trace-id")))


def _priority(completed: CompletedRequest) -> str:
    decision = completed.decision
    if decision is None:
        failed = completed.request is not None and completed.response.status == 500
        return "-1" if failed else "-"
    if decision.rule is None:
        return "-"
    return str(decision.rule.priority or 0)


def _actions(completed: CompletedRequest, has_firewall: bool) -> str:
    match completed.decision and completed.decision.outcome:
        case BlockedByWebAcl():
            return "waf"
        case InvokeFunction() | NoTarget():
            action = "forward"
        case FixedResponse():
            action = "fixed-response"
        case Redirect():
            action = "redirect"
        case _:
            return "-"
    return f"waf,{action}" if has_firewall else action


def _transformed(completed: CompletedRequest) -> str:
    """Host and URI where a rule has apply_transforms them, and that it has."""
    request, decision = completed.request, completed.decision
    rule = None if decision is None else decision.rule
    if request is None or rule is None or not rule.transforms or not was_dispatched(completed):
        return '"-" "-" "-"'
    changed = apply_transforms(request, rule.transforms)
    host, uri = changed.value("host"), _target(changed)
    shown = escaped(host) if host != request.value("host") else "-"
    return f'"{shown}" "{escaped(uri) if uri != _target(request) else "-"}" "TransformSuccess"'


def _location(completed: CompletedRequest) -> str:
    if completed.decision is None or not isinstance(completed.decision.outcome, Redirect):
        return "-"
    headers = completed.response.headers
    return escaped(next((value for name, value in headers if name == "Location"), None))
