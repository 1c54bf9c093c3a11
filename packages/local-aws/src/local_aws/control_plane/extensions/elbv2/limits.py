"""What AWS refuses in a rule of a load balancer and moto does not, and expressions in conditions.

The guide says three values a condition; AWS takes five in one, so only the limit of the rule is
held. Sources: Application Load Balancers guide, "Condition types for listener rules", "Action types
for listener rules" and "Quotas"; Elastic Load Balancing API reference, RuleCondition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from local_aws.control_plane.extensions.patching import around
from local_aws.regex import PatternError, Regex

Part = dict[str, Any]
"""A condition or an action, as it was sent."""

_ONE_A_RULE = ("host-header", "http-request-method", "path-pattern", "source-ip")
_WITH_REGEXES = ("host-header", "http-header", "path-pattern")
_VALUES_A_RULE = 5
_WILDCARDS_A_RULE = 5
_REGEX_CHARACTERS = 128
_RULES_A_LOAD_BALANCER = 100
_GROUPS_A_FORWARD = 5
_MOST_WEIGHT = 999
_LONGEST_STICKINESS_SECONDS = 604_800
_BODY_CHARACTERS = 1_024
_LAST_PORT, _PORT_DIGITS = 65_535, 5
_UNCHANGED = {
    "Protocol": "#{protocol}",
    "Host": "#{host}",
    "Port": "#{port}",
    "Path": "/#{path}",
    "Query": "#{query}",
}


def install() -> None:
    @around(ELBv2Backend, "_validate_conditions")
    def conditions(original: Any, backend: Any, sent: list[Part]) -> None:
        check_conditions(sent)
        # moto looks for values where there may be expressions instead.
        original(backend, [each for each in sent if not _regexes(each)])

    @around(ELBv2Backend, "_validate_actions")
    def actions(original: Any, backend: Any, sent: list[Any]) -> None:
        original(backend, sent)
        for action in sent:
            check_action(action.data)

    @around(ELBv2Backend, "create_rule")
    def create(original: Any, backend: Any, listener_arn: str, *args: Any, **kwargs: Any) -> Any:
        for balancer in backend.load_balancers.values():
            rules = sum(len(each.rules) - 1 for each in balancer.listeners.values())
            listener = balancer.listeners.get(listener_arn)
            if listener is not None and rules >= _RULES_A_LOAD_BALANCER:
                message = f"A load balancer can only have '{_RULES_A_LOAD_BALANCER}' rules"
                raise ELBClientError("TooManyRules", message)
            if listener is not None:
                _check_protocol(listener.protocol, kwargs.get("actions") or ())
        return original(backend, listener_arn, *args, **kwargs)

    @around(ELBv2Backend, "create_listener")
    def create_listener(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        _check_protocol(kwargs.get("protocol"), kwargs.get("actions") or ())
        return original(backend, *args, **kwargs)


def check_conditions(conditions: Sequence[Part]) -> None:
    """Of one rule. Raises ELBClientError."""
    fields = Counter(each.get("Field") for each in conditions)
    for field in _ONE_A_RULE:
        if fields[field] > 1:
            raise invalid(f"A rule can only have one '{field}' condition")
    for condition in conditions:
        for regex in _regexes(condition):
            _check_regex(regex, str(condition.get("Field")))
        if condition.get("Field") == "source-ip":
            for value in _values(condition):
                _check_network(str(value))
    if sum(len(_values(each)) + len(_regexes(each)) for each in conditions) > _VALUES_A_RULE:
        raise invalid(f"A rule can only have '{_VALUES_A_RULE}' condition values")
    texts = [text for each in conditions for value in _values(each) for text in _texts(value)]
    if sum(text.count("*") + text.count("?") for text in texts) > _WILDCARDS_A_RULE:
        raise invalid(f"A rule can only have '{_WILDCARDS_A_RULE}' condition wildcards")


def check_action(action: Part) -> None:
    """Raises ELBClientError."""
    match action.get("Type"):
        case "fixed-response":
            if len(action["FixedResponseConfig"].get("MessageBody") or "") > _BODY_CHARACTERS:
                raise invalid(f"A message body has at most '{_BODY_CHARACTERS}' characters")
        case "redirect":
            _check_redirect(action["RedirectConfig"])
        case "forward":
            _check_forward(action.get("ForwardConfig") or {})


def check_pattern(pattern: str) -> None:
    """Raises ELBClientError for what is no regular expression of a rule."""
    try:
        Regex(pattern)
    except PatternError as error:
        raise invalid(str(error)) from error


def invalid(message: str) -> ELBClientError:
    return ELBClientError("ValidationError", message)


def _check_regex(regex: str, field: str) -> None:
    if field not in _WITH_REGEXES:
        raise invalid(f"A '{field}' condition has no regular expressions")
    if len(regex) > _REGEX_CHARACTERS:
        raise invalid(f"A regular expression has at most '{_REGEX_CHARACTERS}' characters")
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
    if len(groups) > _GROUPS_A_FORWARD:
        raise invalid(f"A forward action can only have '{_GROUPS_A_FORWARD}' target groups")
    if not all(0 <= int(each.get("Weight", 1)) <= _MOST_WEIGHT for each in groups):
        raise invalid(f"The weight of a target group must be between 0 and {_MOST_WEIGHT}")
    sticky = forward.get("TargetGroupStickinessConfig") or {}
    if not 1 <= int(sticky.get("DurationSeconds") or 1) <= _LONGEST_STICKINESS_SECONDS:
        raise invalid(f"Stickiness must be between 1 and {_LONGEST_STICKINESS_SECONDS} seconds")


def _is_port(text: str) -> bool:
    number = text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS
    return text == "#{port}" or (number and 1 <= int(text) <= _LAST_PORT)


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
    """What is in a value; in one of a query string that is a key and a value."""
    return list(map(str, value.values())) if isinstance(value, dict) else [str(value)]
