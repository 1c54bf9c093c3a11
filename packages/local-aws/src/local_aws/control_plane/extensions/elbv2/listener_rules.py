"""Validation of listener rules, and priorities that change in one call.

The guide allows three values in a condition; AWS accepts five, so only the limit of a rule is
checked. Source: Application Load Balancers guide, "Condition types for listener rules", "Action
types for listener rules" and "Quotas"; Elastic Load Balancing API reference, RuleCondition and
SetRulePriorities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any

from moto.elbv2.exceptions import ELBClientError

from local_aws.regex import PatternError, Regex

Part = dict[str, Any]
"""A condition or an action of a request."""

_ONCE_IN_A_RULE = ("host-header", "http-request-method", "path-pattern", "source-ip")
_WITH_REGEXES = ("host-header", "http-header", "path-pattern")
_MAX_VALUES = 5
_MAX_WILDCARDS = 5
_MAX_REGEX_LENGTH = 128
_MAX_RULES = 100
_MAX_TARGET_GROUPS = 5
_MAX_WEIGHT = 999
_MAX_STICKINESS_SECONDS = 604_800
_MAX_BODY_LENGTH = 1_024
_MAX_PORT, _PORT_DIGITS = 65_535, 5
_UNCHANGED = {
    "Protocol": "#{protocol}",
    "Host": "#{host}",
    "Port": "#{port}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def validate_conditions(original: Any, backend: Any, sent: list[Part]) -> None:
    check_conditions(sent)
    # moto requires values, but a condition may have regular expressions instead.
    original(backend, [each for each in sent if not _regexes(each)])


def validate_actions(original: Any, backend: Any, sent: list[Any]) -> None:
    original(backend, sent)
    for action in sent:
        check_action(action.data)


def create_rule(original: Any, backend: Any, listener_arn: str, *args: Any, **kwargs: Any) -> Any:
    for balancer in backend.load_balancers.values():
        rules = sum(len(each.rules) - 1 for each in balancer.listeners.values())
        listener = balancer.listeners.get(listener_arn)
        if listener is not None and rules >= _MAX_RULES:
            message = f"A load balancer can only have '{_MAX_RULES}' rules"
            raise ELBClientError("TooManyRules", message)
        if listener is not None:
            _check_protocol(listener.protocol, kwargs.get("actions") or ())
    return original(backend, listener_arn, *args, **kwargs)


def create_listener(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    _check_protocol(kwargs.get("protocol"), kwargs.get("actions") or ())
    return original(backend, *args, **kwargs)


def set_rule_priorities(original: Any, backend: Any, rule_priorities: list[dict[str, Any]]) -> Any:
    """Clear the old priorities first, so that two rules can swap theirs in one call."""
    rules = backend.describe_rules(None, [each["RuleArn"] for each in rule_priorities])
    before = [(rule, rule.priority) for rule in rules]
    for rule in rules:
        rule.priority = None
    try:
        return original(backend, rule_priorities)
    except Exception:
        for rule, priority in before:
            rule.priority = priority
        raise


def check_conditions(conditions: Sequence[Part]) -> None:
    """Raises ELBClientError for invalid conditions of one rule."""
    fields = Counter(each.get("Field") for each in conditions)
    for field in _ONCE_IN_A_RULE:
        if fields[field] > 1:
            raise invalid(f"A rule can only have one '{field}' condition")
    for condition in conditions:
        for regex in _regexes(condition):
            _check_regex(regex, str(condition.get("Field")))
        if condition.get("Field") == "source-ip":
            for value in _values(condition):
                _check_network(str(value))
    if sum(len(_values(each)) + len(_regexes(each)) for each in conditions) > _MAX_VALUES:
        raise invalid(f"A rule can only have '{_MAX_VALUES}' condition values")
    texts = [text for each in conditions for value in _values(each) for text in _texts(value)]
    if sum(text.count("*") + text.count("?") for text in texts) > _MAX_WILDCARDS:
        raise invalid(f"A rule can only have '{_MAX_WILDCARDS}' condition wildcards")


def check_action(action: Part) -> None:
    """Raises ELBClientError for an invalid action."""
    match action.get("Type"):
        case "fixed-response":
            if len(action["FixedResponseConfig"].get("MessageBody") or "") > _MAX_BODY_LENGTH:
                raise invalid(f"A message body has at most '{_MAX_BODY_LENGTH}' characters")
        case "redirect":
            _check_redirect(action["RedirectConfig"])
        case "forward":
            _check_forward(action.get("ForwardConfig") or {})


def check_pattern(pattern: str) -> None:
    """Raises ELBClientError for an invalid regular expression."""
    try:
        Regex(pattern)
    except PatternError as error:
        raise invalid(str(error)) from error


def invalid(message: str) -> ELBClientError:
    return ELBClientError("ValidationError", message)


def _check_regex(regex: str, field: str) -> None:
    if field not in _WITH_REGEXES:
        raise invalid(f"A '{field}' condition has no regular expressions")
    if len(regex) > _MAX_REGEX_LENGTH:
        raise invalid(f"A regular expression has at most '{_MAX_REGEX_LENGTH}' characters")
    check_pattern(regex)


def _check_network(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        text = ""
    if "/" not in text:
        raise invalid("The value of a 'source-ip' condition must be in CIDR format")


def _check_redirect(redirect: Part) -> None:
    for part, holds in _REDIRECTS.items():
        value = redirect.get(part)
        if value and not holds(value):
            raise invalid(f"The {part.lower()} of a redirect cannot be '{value}'")
    if redirect.get("StatusCode") not in {"HTTP_301", "HTTP_302"}:
        raise invalid("The status code of a redirect must be one of 'HTTP_301', 'HTTP_302'")
    if all(redirect.get(part) in {kept, None} for part, kept in _UNCHANGED.items()):
        raise invalid("A redirect must change the protocol, host, port, path or query")


def _check_protocol(protocol: str | None, actions: Sequence[Part]) -> None:
    if protocol == "HTTPS" and any(
        (each.get("RedirectConfig") or {}).get("Protocol") == "HTTP" for each in actions
    ):
        raise invalid("A redirect cannot lead from HTTPS to HTTP")


def _check_forward(forward: Part) -> None:
    groups = forward.get("TargetGroups") or []
    if len(groups) > _MAX_TARGET_GROUPS:
        raise invalid(f"A forward action can only have '{_MAX_TARGET_GROUPS}' target groups")
    if not all(0 <= int(each.get("Weight", 1)) <= _MAX_WEIGHT for each in groups):
        raise invalid(f"The weight of a target group must be between 0 and {_MAX_WEIGHT}")
    sticky = forward.get("TargetGroupStickinessConfig") or {}
    if not 1 <= int(sticky.get("DurationSeconds") or 1) <= _MAX_STICKINESS_SECONDS:
        raise invalid(f"Stickiness must be between 1 and {_MAX_STICKINESS_SECONDS} seconds")


def _is_port(text: str) -> bool:
    number = text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS
    return text == "#{port}" or (number and 1 <= int(text) <= _MAX_PORT)


_REDIRECTS: dict[str, Callable[[str], bool]] = {
    "Protocol": {"HTTP", "HTTPS", "#{protocol}"}.__contains__,
    "Port": _is_port,
    "Path": lambda text: text.startswith("/"),
}


def _configuration(condition: Part) -> Part:
    name = "".join(word.title() for word in str(condition.get("Field")).split("-"))
    found: Part = condition.get(f"{name}Config") or {}
    return found


def _values(condition: Part) -> list[Any]:
    return _configuration(condition).get("Values") or condition.get("Values") or []


def _regexes(condition: Part) -> list[str]:
    return _configuration(condition).get("RegexValues") or condition.get("RegexValues") or []


def _texts(value: Any) -> list[str]:
    """Return the texts of a value; a query string value has a key and a value."""
    return list(map(str, value.values())) if isinstance(value, dict) else [str(value)]
