"""Whether a request meets a rule's conditions: all of them, any value of each.

Source: Application Load Balancers guide, "Condition types for listener rules".
"""

from __future__ import annotations

from terrarium.cloud.load_balancer.model import (
    Condition,
    HostHeader,
    HttpHeader,
    PathPattern,
    QueryString,
    RequestMethod,
    Rule,
    SourceIp,
    Unsupported,
)
from terrarium.cloud.load_balancer.request import Request
from terrarium.cloud.wildcards import matches


def meets(request: Request, rule: Rule) -> bool | Unsupported:
    """True or False; or the condition that cannot be judged, if the others leave it to that one."""
    verdict: bool | Unsupported = True
    for condition in rule.conditions:
        answer = holds(request, condition)
        if answer is False:
            return False
        if isinstance(answer, Unsupported):
            verdict = answer
    return verdict


def holds(request: Request, condition: Condition) -> bool | Unsupported:  # noqa: PLR0911 - one a kind
    """Whether one condition holds for the request."""
    match condition:
        case PathPattern(values):
            return any(matches(value, request.path) for value in values)
        case HostHeader(values):
            host = host_name(request.value("host") or "")
            return any(matches(value, host, ignore_case=True) for value in values)
        case HttpHeader(name, values):
            return any(
                matches(value, sent, ignore_case=True)
                for value in values
                for sent in request.values(name)
            )
        case RequestMethod(values):
            return request.method in values
        case QueryString(values):
            return any(
                matches(value, sent, ignore_case=True, escapes=True)
                and (key is None or matches(key, sent_key, ignore_case=True, escapes=True))
                for key, value in values
                for sent_key, sent in request.parameters()
            )
        case SourceIp(networks):
            return any(request.peer in network for network in networks)
        case Unsupported():
            return condition


def host_name(host: str) -> str:
    """The Host header without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
