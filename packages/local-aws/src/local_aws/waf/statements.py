"""Statements of the WAF API as predicates of a web request.

Everything is resolved when the web ACL is read: patterns are compiled, sets are looked up and
unsupported statements are refused by name. Source: AWS WAF API reference, "Statement".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from local_aws.regex import PatternError, Regex
from local_aws.waf.rate_based import RateCounter, aggregation_key
from local_aws.waf.request_components import (
    Address,
    MissingHeaderError,
    Settings,
    UnsupportedError,
    WebRequest,
    extractor,
    only_member,
    parse_address,
)
from local_aws.waf.text_transformations import text_transformation

Predicate = Callable[[WebRequest], bool]
"""Raises MissingHeaderError."""

Network = IPv4Network | IPv6Network

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}
_WORD = rb"[A-Za-z0-9_]"


class References(Protocol):
    """Sets and rule groups that statements refer to by ARN."""

    def addresses(self, arn: str) -> Sequence[Network]: ...

    def patterns(self, arn: str) -> Sequence[str]: ...

    def rule_group(self, arn: str) -> Settings: ...


class StatementCompiler:
    """Compiles the statements of a web ACL or a rule group."""

    def __init__(self, references: References, label_namespace: str) -> None:
        self._references = references
        self._namespace = label_namespace

    def compile(self, statement: Settings) -> Predicate:  # noqa: PLR0911 - one a kind
        """Return a predicate. Raises UnsupportedError for an unsupported statement."""
        kind, settings = only_member(statement)
        match kind:
            case "AndStatement":
                every = [self.compile(each) for each in settings["Statements"]]
                return lambda request: all(each(request) for each in every)
            case "OrStatement":
                some = [self.compile(each) for each in settings["Statements"]]
                return lambda request: any(each(request) for each in some)
            case "NotStatement":
                negated = self.compile(settings["Statement"])
                return lambda request: not negated(request)
            case "ByteMatchStatement":
                return _inspects(settings, _byte_match(settings))
            case "RegexMatchStatement":
                return _inspects(settings, _any_regex([settings["RegexString"]]))
            case "RegexPatternSetReferenceStatement":
                patterns = self._references.patterns(settings["ARN"])
                return _inspects(settings, _any_regex(patterns))
            case "SizeConstraintStatement":
                return _inspects(settings, _size_constraint(settings))
            case "GeoMatchStatement":
                countries = frozenset(settings["CountryCodes"])
                return lambda request: request.country() in countries
            case "IPSetReferenceStatement":
                return _ip_set(self._references.addresses(settings["ARN"]), settings)
            case "LabelMatchStatement":
                return self._label_match(settings)
            case "RateBasedStatement":
                return self._rate_based(settings)
            case "ManagedRuleGroupStatement":
                name = f"{settings['VendorName']}/{settings['Name']}"
                raise UnsupportedError(f"the managed rule group {name}")
        raise UnsupportedError(f"the statement {kind.removesuffix('Statement')}")

    def label(self, name: str) -> str:
        """Return a label of these rules with its namespace."""
        return name if name.startswith("awswaf:") else self._namespace + name

    def _label_match(self, settings: Settings) -> Predicate:
        key = str(settings["Key"])
        if settings["Scope"] == "NAMESPACE":
            return lambda request: any(f":{key}" in f":{label}" for label in request.labels)
        label = self.label(key)
        return lambda request: label in request.labels

    def _rate_based(self, settings: Settings) -> Predicate:
        limit = int(settings["Limit"])
        counter = RateCounter(int(settings.get("EvaluationWindowSec") or 300))
        scope_down = settings.get("ScopeDownStatement")
        in_scope = self.compile(scope_down) if scope_down else lambda _: True
        key_of = aggregation_key(settings)

        def exceeds_limit(request: WebRequest) -> bool:
            if not in_scope(request):
                return False
            key = key_of(request)
            return key is not None and counter.count(key, request.now) > limit

        return exceeds_limit


def _inspects(settings: Settings, matches: Callable[[bytes], bool]) -> Predicate:
    extract = extractor(settings["FieldToMatch"])
    pre_parse = text_transformation(settings.get("PreParseTextTransformations") or ())
    transform = text_transformation(settings["TextTransformations"])

    def inspect(request: WebRequest) -> bool:
        component = extract(request)
        if component.forced_match is not None:
            return component.forced_match
        return any(matches(transform(pre_parse(value))) for value in component.values)

    return inspect


def _byte_match(settings: Settings) -> Callable[[bytes], bool]:
    text = settings["SearchString"]
    searched = text.encode() if isinstance(text, str) else bytes(text)
    match settings["PositionalConstraint"]:
        case "EXACTLY":
            return lambda value: value == searched
        case "STARTS_WITH":
            return lambda value: value.startswith(searched)
        case "ENDS_WITH":
            return lambda value: value.endswith(searched)
        case "CONTAINS_WORD":
            word = re.compile(rb"(?<!%b)%b(?!%b)" % (_WORD, re.escape(searched), _WORD))
            return lambda value: word.search(value) is not None
    return lambda value: searched in value


def _any_regex(patterns: Sequence[str]) -> Callable[[bytes], bool]:
    try:
        compiled = [Regex(pattern, binary=True) for pattern in patterns]
    except PatternError as error:
        raise UnsupportedError(f"the regular expression {error}") from error
    return lambda value: any(each.is_in(value) for each in compiled)


def _size_constraint(settings: Settings) -> Callable[[bytes], bool]:
    compare, size = _COMPARISONS[settings["ComparisonOperator"]], int(settings["Size"])
    return lambda value: compare(len(value), size)


def _ip_set(networks: Sequence[Network], settings: Settings) -> Predicate:
    forwarded = settings.get("IPSetForwardedIPConfig")

    def contains(address: Address) -> bool:
        return any(address in network for network in networks)

    if not forwarded:
        return lambda request: contains(request.peer)
    position = forwarded["Position"]
    inspected = {"FIRST": slice(0, 1), "LAST": slice(-1, None)}.get(position, slice(-10, None))

    def contains_forwarded(request: WebRequest) -> bool:
        texts = request.forwarded_addresses(forwarded["HeaderName"])
        if not texts:
            raise MissingHeaderError
        addresses = [parse_address(text) for text in texts[inspected]]
        if None in addresses:
            return bool(forwarded["FallbackBehavior"] == "MATCH")
        return any(address is not None and contains(address) for address in addresses)

    return contains_forwarded
