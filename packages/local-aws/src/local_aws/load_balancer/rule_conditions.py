"""Conditions of listener rules as functions of a request.

Source: Application Load Balancers guide, "Condition types for listener rules".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from local_aws.load_balancer.configuration import (
    Condition,
    HostHeader,
    HttpHeader,
    PathPattern,
    QueryString,
    RequestMethod,
    SourceIp,
    Unsupported,
)
from local_aws.load_balancer.request import Request
from local_aws.regex import PatternError, Regex
from local_aws.wildcards import compile_wildcards

Matcher = Callable[[Request], bool]
TextMatcher = Callable[[str], bool]


def condition_matcher(condition: Condition) -> Matcher | Unsupported:
    """Compile a condition. Any of its values is enough for a match."""
    try:
        return _compile(condition)
    except PatternError as error:
        return Unsupported(str(error))


def _compile(condition: Condition) -> Matcher | Unsupported:  # noqa: PLR0911 - one a kind
    match condition:
        case PathPattern(values, regexes):
            path_matches = _any_of(values, regexes)
            return lambda request: path_matches(request.path)
        case HostHeader(values, regexes):
            host_matches = _any_of(values, regexes, ignore_case=True)
            return lambda request: host_matches(host_name(request.value("host") or ""))
        case HttpHeader(name, values, regexes):
            value_matches = _any_of(values, regexes, ignore_case=True)
            return lambda request: any(map(value_matches, request.values(name)))
        case RequestMethod(values):
            return lambda request: request.method in values
        case QueryString(values):
            return _query_matcher(values)
        case SourceIp(networks):
            return lambda request: any(request.peer in network for network in networks)
        case Unsupported():
            return condition


def _query_matcher(values: Sequence[tuple[str | None, str]]) -> Matcher:
    def compiled(pattern: str) -> TextMatcher:
        expression = compile_wildcards(pattern, ignore_case=True, escapes=True)
        return lambda text: expression.fullmatch(text) is not None

    pairs = [(None if key is None else compiled(key), compiled(value)) for key, value in values]

    def matches(request: Request) -> bool:
        return any(
            value_matches(sent) and (key_matches is None or key_matches(sent_key))
            for sent_key, sent in request.parameters()
            for key_matches, value_matches in pairs
        )

    return matches


def _any_of(
    wildcards: Sequence[str], regexes: Sequence[str], *, ignore_case: bool = False
) -> TextMatcher:
    """Match texts that fit a wildcard pattern as a whole, or contain a match of a regex."""
    patterns = [compile_wildcards(each, ignore_case=ignore_case) for each in wildcards]
    searches = [Regex(each, ignore_case=ignore_case) for each in regexes]

    def matches(text: str) -> bool:
        if any(pattern.fullmatch(text) for pattern in patterns):
            return True
        return any(search.is_in(text.encode(errors="surrogateescape")) for search in searches)

    return matches


def host_name(host: str) -> str:
    """Return the Host header without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
