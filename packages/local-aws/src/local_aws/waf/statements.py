"""A statement of the API as a predicate over a request.

Everything is resolved when the web ACL is read: patterns are compiled, sets are looked up, and what
this machine cannot decide is refused by name. Source: AWS WAF API reference, "Statement".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from local_aws.waf.rate_based import Counter
from local_aws.waf.request_components import (
    Address,
    Extract,
    Inspection,
    NotAppliedError,
    NotEvaluatedError,
    Settings,
    address_of,
    extractor,
    only,
    to_bytes,
)
from local_aws.waf.text_transformations import transform

Predicate = Callable[[Inspection], bool]
"""Raises NotAppliedError."""

Network = IPv4Network | IPv6Network

_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}
_WORD = rb"A-Za-z0-9_"


class Sets(Protocol):
    """What a statement refers to by ARN."""

    def addresses(self, arn: str) -> Sequence[Network]: ...

    def patterns(self, arn: str) -> Sequence[str]: ...

    def rule_group(self, arn: str) -> Settings: ...


class Compiler:
    """Statements of a web ACL or rule group, whose namespace its labels begin with."""

    def __init__(self, sets: Sets, label_namespace: str) -> None:
        self._sets = sets
        self._namespace = label_namespace

    def compile(self, statement: Settings) -> Predicate:  # noqa: PLR0911 - one a kind
        """Raises NotEvaluatedError for a kind of statement that is not built."""
        kind, settings = only(statement)
        match kind:
            case "AndStatement":
                every = [self.compile(each) for each in settings["Statements"]]
                return lambda seen: all(each(seen) for each in every)
            case "OrStatement":
                some = [self.compile(each) for each in settings["Statements"]]
                return lambda seen: any(each(seen) for each in some)
            case "NotStatement":
                denied = self.compile(settings["Statement"])
                return lambda seen: not denied(seen)
            case "ByteMatchStatement":
                return _compared(settings, _byte_match(settings))
            case "RegexMatchStatement":
                return _compared(settings, _any_pattern([settings["RegexString"]]))
            case "RegexPatternSetReferenceStatement":
                return _compared(settings, _any_pattern(self._sets.patterns(settings["ARN"])))
            case "SizeConstraintStatement":
                return _compared(settings, _size(settings))
            case "GeoMatchStatement":
                return _geo(settings)
            case "IPSetReferenceStatement":
                return _ip_set(self._sets.addresses(settings["ARN"]), settings)
            case "LabelMatchStatement":
                return self._label(settings)
            case "RateBasedStatement":
                return self._rate(settings)
            case "ManagedRuleGroupStatement":
                name = f"{settings['VendorName']}/{settings['Name']}"
                raise NotEvaluatedError(f"the managed rule group {name}")
        raise NotEvaluatedError(f"the statement {kind.removesuffix('Statement')}")

    def label(self, name: str) -> str:
        """A label of these rules with its namespace."""
        return name if name.startswith("awswaf:") else self._namespace + name

    def _label(self, settings: Settings) -> Predicate:
        key = str(settings["Key"])
        if settings["Scope"] == "NAMESPACE":
            return lambda seen: any(f":{key}" in f":{label}" for label in seen.labels)
        label = self.label(key)
        return lambda seen: label in seen.labels

    def _rate(self, settings: Settings) -> Predicate:
        limit = int(settings["Limit"])
        counter = Counter(int(settings.get("EvaluationWindowSec") or 300))
        narrowed = settings.get("ScopeDownStatement")
        counted = self.compile(narrowed) if narrowed else lambda _: True
        key_of = _rate_key(settings)

        def exceeds(seen: Inspection) -> bool:
            if not counted(seen):
                return False
            key = key_of(seen)
            return key is not None and counter.count(key, seen.now) > limit

        return exceeds


def _compared(settings: Settings, matches: Callable[[bytes], bool]) -> Predicate:
    extract = extractor(settings["FieldToMatch"])
    before = transform(settings.get("PreParseTextTransformations") or ())
    change = transform(settings["TextTransformations"])

    def compare(seen: Inspection) -> bool:
        parts = extract(seen)
        if parts.verdict is not None:
            return parts.verdict
        return any(matches(change(before(value))) for value in parts.values)

    return compare


def _byte_match(settings: Settings) -> Callable[[bytes], bool]:
    sought = settings["SearchString"]
    wanted = sought.encode() if isinstance(sought, str) else bytes(sought)
    match settings["PositionalConstraint"]:
        case "EXACTLY":
            return lambda value: value == wanted
        case "STARTS_WITH":
            return lambda value: value.startswith(wanted)
        case "ENDS_WITH":
            return lambda value: value.endswith(wanted)
        case "CONTAINS_WORD":
            word = re.compile(
                rb"(?<![" + _WORD + rb"])" + re.escape(wanted) + rb"(?![" + _WORD + rb"])"
            )
            return lambda value: word.search(value) is not None
    return lambda value: wanted in value


def _any_pattern(patterns: Sequence[str]) -> Callable[[bytes], bool]:
    try:
        compiled = [re.compile(pattern.encode()) for pattern in patterns]
    except re.error as error:
        raise NotEvaluatedError(f"the regular expression {error.pattern!r}") from error
    return lambda value: any(each.search(value) for each in compiled)


def _size(settings: Settings) -> Callable[[bytes], bool]:
    compare, size = _COMPARISONS[settings["ComparisonOperator"]], int(settings["Size"])
    return lambda value: compare(len(value), size)


def _geo(settings: Settings) -> Predicate:
    countries = frozenset(settings["CountryCodes"])
    return lambda seen: seen.country() in countries


def _ip_set(networks: Sequence[Network], settings: Settings) -> Predicate:
    forwarded = settings.get("IPSetForwardedIPConfig")

    def holds(address: Address) -> bool:
        return any(address in network for network in networks)

    if not forwarded:
        return lambda seen: holds(seen.peer)
    position = forwarded["Position"]
    chosen = {"FIRST": slice(0, 1), "LAST": slice(-1, None)}.get(position, slice(-10, None))

    def holds_forwarded(seen: Inspection) -> bool:
        texts = seen.forwarded(forwarded["HeaderName"])
        if not texts:
            raise NotAppliedError
        addresses = [address_of(text) for text in texts[chosen]]
        if None in addresses:
            return bool(forwarded["FallbackBehavior"] == "MATCH")
        return any(address is not None and holds(address) for address in addresses)

    return holds_forwarded


Key = Callable[[Inspection], tuple[bytes, ...] | None]


def _rate_key(settings: Settings) -> Key:
    """What requests are counted by; None for a request that is not counted."""
    match settings.get("AggregateKeyType") or "IP":
        case "IP":
            return lambda seen: (str(seen.peer).encode(),)
        case "CONSTANT":
            return lambda _: ()
        case "FORWARDED_IP":
            return _forwarded_key(settings["ForwardedIPConfig"])
        case "CUSTOM_KEYS":
            keys = [_custom_key(each, settings) for each in settings["CustomKeys"]]
            return lambda seen: _together([key(seen) for key in keys])
    raise NotEvaluatedError(f"the aggregate key {settings['AggregateKeyType']}")


def _together(parts: list[tuple[bytes, ...] | None]) -> tuple[bytes, ...] | None:
    """A request that lacks one of the keys is not counted."""
    return None if None in parts else tuple(value for part in parts if part for value in part)


def _forwarded_key(settings: Settings) -> Key:
    def key(seen: Inspection) -> tuple[bytes, ...] | None:
        texts = seen.forwarded(settings["HeaderName"])
        if not texts:
            return None
        address = address_of(texts[0])
        if address is None:
            return (b"invalid",) if settings["FallbackBehavior"] == "MATCH" else None
        return (str(address).encode(),)

    return key


def _custom_key(key: Settings, settings: Settings) -> Key:
    kind, of = only(key)
    extracts: dict[str, Extract] = {}
    match kind:
        case "IP":
            return lambda seen: (str(seen.peer).encode(),)
        case "ForwardedIP":
            return _forwarded_key(settings["ForwardedIPConfig"])
        case "LabelNamespace":
            return lambda seen: _labels_in(seen, of["Namespace"])
        case "Header":
            extracts["SingleHeader"] = extractor({"SingleHeader": of})
        case "QueryArgument":
            extracts["SingleQueryArgument"] = extractor({"SingleQueryArgument": of})
        case "Cookie":
            name = of["Name"]
            change = transform(of["TextTransformations"])
            return lambda seen: next(
                ((change(to_bytes(value)),) for key, value in seen.cookies() if key == name), None
            )
        case "QueryString" | "UriPath":
            extracts[kind] = extractor({kind: {}})
        case "HTTPMethod":
            return lambda seen: (to_bytes(seen.method),)
        case _:
            raise NotEvaluatedError(f"the aggregate key {kind}")
    (extract,) = extracts.values()
    changed = transform(of["TextTransformations"])
    return lambda seen: next(((changed(value),) for value in extract(seen).values), None)


def _labels_in(seen: Inspection, namespace: str) -> tuple[bytes, ...] | None:
    found = sorted(label for label in seen.labels if label.startswith(namespace))
    return tuple(to_bytes(label) for label in found) or None
