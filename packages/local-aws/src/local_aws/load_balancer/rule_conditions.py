"""Whether a request meets a rule's conditions: all of them, any value of each.

Conditions are compiled once, when the configuration is read, and then asked for every request.
Source: Application Load Balancers guide, "Condition types for listener rules".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from local_aws.load_balancer.configuration import (
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
from local_aws.load_balancer.request import Request
from local_aws.regular import PatternError, TooLongError, expression
from local_aws.wildcards import compiled

Matcher = Callable[[Request], bool | Unsupported]
"""Whether it holds for a request; Unsupported where that cannot be judged."""


def rule_matcher(rule: Rule) -> Matcher:
    """Of all conditions together.

    One that cannot be judged counts only if the others leave it to that one.
    """
    matchers = [matcher(condition) for condition in rule.conditions]
    if len(matchers) == 1:
        return matchers[0]

    def meets(request: Request) -> bool | Unsupported:
        verdict: bool | Unsupported = True
        for holds in matchers:
            answer = holds(request)
            if answer is False:
                return False
            if isinstance(answer, Unsupported):
                verdict = answer
        return verdict

    return meets


def matcher(condition: Condition) -> Matcher:  # noqa: PLR0911 - one a kind
    """Of one condition."""
    match condition:
        case PathPattern(values, regexes):
            path_fits = _any_of(values, regexes)
            return lambda request: path_fits(request.path)
        case HostHeader(values, regexes):
            host_fits = _any_of(values, regexes, ignore_case=True)
            return lambda request: host_fits(host_name(request.value("host") or ""))
        case HttpHeader(name, values, regexes):
            value_fits = _any_of(values, regexes, ignore_case=True)
            return lambda request: _any(map(value_fits, request.values(name)))
        case RequestMethod(values):
            methods = frozenset(values)
            return lambda request: request.method in methods
        case QueryString(values):
            return _query_matcher(values)
        case SourceIp(networks):
            return lambda request: any(request.peer in network for network in networks)
        case Unsupported():
            return lambda _: condition


def _query_matcher(values: tuple[tuple[str | None, str], ...]) -> Matcher:
    pairs = [
        (None if key is None else _query_pattern(key), _query_pattern(value))
        for key, value in values
    ]

    def meets(request: Request) -> bool:
        return any(
            value.fullmatch(sent) is not None
            and (key is None or key.fullmatch(sent_key) is not None)
            for sent_key, sent in request.parameters()
            for key, value in pairs
        )

    return meets


def _query_pattern(pattern: str) -> re.Pattern[str]:
    return compiled(pattern, ignore_case=True, escapes=True)


def _any_of(
    patterns: tuple[str, ...], regexes: tuple[str, ...], *, ignore_case: bool = False
) -> Callable[[str], bool | Unsupported]:
    """Whether a text fits any pattern, or holds what any regular expression describes."""
    fits = _any_pattern(patterns, ignore_case=ignore_case)
    if not regexes:
        return fits
    searches = [_search(each, ignore_case=ignore_case) for each in regexes]
    return lambda text: fits(text) or _any(search(text) for search in searches)


def _any_pattern(patterns: tuple[str, ...], *, ignore_case: bool) -> Callable[[str], bool]:
    """Whether a text fits any pattern; those without a wildcard are looked up."""
    if ignore_case:
        expressions = [compiled(pattern, ignore_case=True) for pattern in patterns]
        return lambda text: any(each.fullmatch(text) is not None for each in expressions)
    plain = frozenset(pattern for pattern in patterns if not {"*", "?"} & set(pattern))
    others = [compiled(pattern) for pattern in patterns if pattern not in plain]
    return lambda text: text in plain or any(each.fullmatch(text) is not None for each in others)


def _search(regex: str, *, ignore_case: bool) -> Callable[[str], bool | Unsupported]:
    try:
        pattern = expression(regex, ignore_case)
    except PatternError as error:
        refusal = Unsupported(str(error))
        return lambda _: refusal
    too_long = Unsupported(f"a text as long as this for the regular expression {regex!r}")

    def holds(text: str) -> bool | Unsupported:
        try:
            return pattern.search(text) is not None
        except TooLongError:
            return too_long

    return holds


def _any(verdicts: Iterable[bool | Unsupported]) -> bool | Unsupported:
    """True if any is, else what could not be judged, else False."""
    doubt: bool | Unsupported = False
    for verdict in verdicts:
        if verdict is True:
            return True
        doubt = doubt or verdict
    return doubt


def host_name(host: str) -> str:
    """The Host header without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
