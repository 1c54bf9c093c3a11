"""Entries of the access log and of the connection log.

Source: Application Load Balancers guide, "Access logs" (up to the field
``request_transform_status``) and "Connection logs", log entries. Fields of unreadable requests are
as observed on AWS. A Lambda target has no address and no list of status codes. The fields of TLS
are ``-``: connection logs here do not cover it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from local_aws.load_balancer.completed_request import Client, CompletedRequest
from local_aws.load_balancer.configuration import FixedResponse, Forward, Listener, Redirect
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.rule_conditions import host_name
from local_aws.load_balancer.rules import BlockedByWebAcl, InvokeFunction, NoTarget
from local_aws.load_balancer.target_headers import trace_id
from local_aws.load_balancer.transforms import apply_transforms

USER_AGENT_CHARACTERS = 8_192

_UNSAFE = re.compile(rb"[^ !#-\[\]-~]")


@dataclass(frozen=True, slots=True)
class LoadBalancerId:
    """``resource_id`` is like ``app/lb/50dc6c495c0c9188``, as logs and metrics show it."""

    region: str
    account: str
    resource_id: str

    @classmethod
    def from_arn(cls, arn: str) -> LoadBalancerId:
        """Parse ``arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID``."""
        _, _, _, region, account, resource = arn.split(":", 5)
        return cls(region, account, resource.removeprefix("loadbalancer/"))


def access_log_entry(
    completed: CompletedRequest, load_balancer: LoadBalancerId, *, has_web_acl: bool
) -> str:
    """Return one line, without its newline. ``has_web_acl`` says that AWS WAF saw the requests."""
    listener, client, answer = completed.listener, completed.client, completed.response
    request = completed.request
    began, ended = (
        completed.received_at,
        completed.received_at + completed.target_processing_seconds,
    )
    times = "-1 -1 -1"
    if was_dispatched(completed):
        times = f"0.000 {completed.target_processing_seconds:.3f} 0.000"
    target_status = str(answer.status) if is_target_response(completed) else "-"
    agent = None if request is None else request.value("user-agent")
    reason = completed.classification_reason
    classification = "-" if reason is None else reason.classification.name.capitalize()
    return (
        f"{listener.protocol.lower()} {timestamp(ended)} {load_balancer.resource_id} "
        f"{client.address}:{client.port} - {times} {answer.status} {target_status} "
        f"{completed.received_bytes} {completed.sent_bytes} "
        f'"{_request_line(completed)}" "{escaped(agent)[:USER_AGENT_CHARACTERS]}" - - '
        f'{_target_group(completed)} "{_trace(completed)}" "-" "-" {_priority(completed)} '
        f'{timestamp(began)} "{_actions(completed, has_web_acl)}" "{_location(completed)}" '
        f'"{answer.error_reason or "-"}" "-" "-" '
        f'"{classification}" "{reason or "-"}" '
        f"{client.trace_id} {_transformed(completed)}"
    )


def connection_log_entry(listener: Listener, client: Client, opened_at: float) -> str:
    """Return one line, without its newline; ``opened_at`` is seconds since the epoch."""
    return (
        f"{timestamp(opened_at)} {client.address} {client.port} {listener.port} "
        f'- - - "-" - - - {client.trace_id}'
    )


def was_dispatched(completed: CompletedRequest) -> bool:
    """Return True if a function was invoked."""
    return completed.trace_id is not None


def is_target_response(completed: CompletedRequest) -> bool:
    """Return True for the response of a function, False for one of the load balancer."""
    answer = completed.response
    return completed.trace_id is not None and answer.error_reason is None and not answer.close


def timestamp(seconds: float) -> str:
    """Return ISO 8601 in UTC with six decimal places."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def escaped(text: str | None) -> str:
    r"""Escape quotes, backslashes and anything but printable ASCII as ``\xNN``; ``-`` if empty."""
    if not text:
        return "-"
    raw = text.encode("utf-8", "surrogateescape")
    return _UNSAFE.sub(lambda match: b"\\x%02X" % match[0][0], raw).decode("ascii")


def _request_line(completed: CompletedRequest) -> str:
    listener, request = completed.listener, completed.request
    scheme = listener.protocol.lower()
    if request is None:
        return f"- {scheme}://{listener.dns_name}:{listener.port}- -"
    host = host_name(request.value("host") or listener.dns_name)
    url = f"{scheme}://{host}:{listener.port}{_uri(request)}"
    return escaped(f"{request.method} {url} {completed.version}")


def _uri(request: Request) -> str:
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


def _actions(completed: CompletedRequest, has_web_acl: bool) -> str:
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
    return f"waf,{action}" if has_web_acl else action


def _transformed(completed: CompletedRequest) -> str:
    """Return host and URI, if a rule rewrote them, and the status of the transformation."""
    request, decision = completed.request, completed.decision
    rule = None if decision is None else decision.rule
    if request is None or rule is None or not rule.transforms or not was_dispatched(completed):
        return '"-" "-" "-"'
    changed = apply_transforms(request, rule.transforms)
    host, uri = changed.value("host"), _uri(changed)
    shown = escaped(host) if host != request.value("host") else "-"
    return f'"{shown}" "{escaped(uri) if uri != _uri(request) else "-"}" "TransformSuccess"'


def _location(completed: CompletedRequest) -> str:
    if completed.decision is None or not isinstance(completed.decision.outcome, Redirect):
        return "-"
    headers = completed.response.headers
    return escaped(next((value for name, value in headers if name == "Location"), None))
