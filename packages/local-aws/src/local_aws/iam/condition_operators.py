"""Condition operators: the Condition element of a statement.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Set operators for
multi-valued context keys".
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.iam import MalformedPolicyError
from local_aws.iam.policy_variables import Context, expand, expand_pattern
from local_aws.wildcards import matches

Test = Callable[[str, str, Context], bool]
"""Compare the policy's value with the request's value, given the request context."""

_ALL, _ANY = "ForAllValues:", "ForAnyValue:"
_IF_EXISTS = "IfExists"
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class _Operator:
    """``check`` raises ValueError if IAM would refuse the value in a policy."""

    test: Test
    negated: bool = False
    check: Callable[[str], Any] = str


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one context key.

    ``set_operator`` is ``ForAllValues:``, ``ForAnyValue:`` or empty.
    """

    operator: _Operator
    set_operator: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Test the condition. A missing key matches only negated, IfExists and ForAllValues."""
        found = context.get(self.key)
        if self.operator is _NULL:
            return (found is None) == (self.values[0].lower() == "true")
        if found is None:
            if self.set_operator == _ANY:
                return self.if_exists
            return self.if_exists or self.operator.negated or self.set_operator == _ALL
        matched = [self._matches(value, context) for value in found]
        if self.set_operator:
            return all(matched) if self.set_operator == _ALL else any(matched)
        # A negated operator must hold for every value of a multi-valued key.
        return all(matched) if self.operator.negated else any(matched)

    def _matches(self, actual: str, context: Context) -> bool:
        try:
            matched = any(self.operator.test(value, actual, context) for value in self.values)
        except ValueError:
            matched = False
        return matched != self.operator.negated


def conditions(element: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Parse a Condition element; all conditions must hold. Raises MalformedPolicyError."""
    if not isinstance(element, Mapping):
        raise MalformedPolicyError("Condition must be an object")
    found: list[Condition] = []
    for name, keys in element.items():
        if not isinstance(keys, Mapping):
            raise MalformedPolicyError(f"condition {name} must be an object")
        found.extend(_condition(name, str(key), value) for key, value in keys.items())
    return tuple(found)


def _condition(name: str, key: str, value: Any) -> Condition:
    prefix = next((each for each in (_ALL, _ANY) if name.startswith(each)), "")
    base = name.removeprefix(prefix)
    known = _OPERATORS.get(base.removesuffix(_IF_EXISTS))
    if known is None or base == f"Null{_IF_EXISTS}":
        raise MalformedPolicyError(f"{name} is not a condition operator")
    values = tuple(_text(each) for each in (value if isinstance(value, list) else [value]))
    try:
        for text in values:
            if "${" not in text:
                known.check(text)
    except ValueError as error:
        raise MalformedPolicyError(f"{name} of {key}: {error}") from error
    if known is _NULL and len(values) != 1:
        raise MalformedPolicyError("Null takes one value, true or false")
    return Condition(known, prefix, base.endswith(_IF_EXISTS), key.lower(), values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise MalformedPolicyError(f"a condition value must be a string, not {value!r}")


def _equal(expected: str, actual: str, context: Context) -> bool:
    return expand(expected, context) == actual


def _equal_ignoring_case(expected: str, actual: str, context: Context) -> bool:
    text = expand(expected, context)
    return text is not None and text.casefold() == actual.casefold()


def _like(expected: str, actual: str, context: Context) -> bool:
    pattern = expand_pattern(expected, context)
    return pattern is not None and matches(pattern, actual, escapes=True)


def _arn_like(expected: str, actual: str, context: Context) -> bool:
    """Compare part by part: a wildcard matches no colon, except in the last part."""
    patterns, parts = expected.split(":", _ARN_PARTS - 1), actual.split(":", _ARN_PARTS - 1)
    if "${" in expected:
        whole = expand_pattern(expected, context)
        patterns = [] if whole is None else whole.split(":", _ARN_PARTS - 1)
    return len(patterns) == len(parts) == _ARN_PARTS and all(
        matches(pattern, part, escapes="${" in expected)
        for pattern, part in zip(patterns, parts, strict=True)
    )


def _bool(expected: str, actual: str, _: Context) -> bool:
    return expected.lower() == actual.lower()


def _in_network(expected: str, actual: str, _: Context) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)


def _number(compare: Callable[[Any, Any], bool]) -> Test:
    return lambda expected, actual, _: compare(float(actual), float(expected))


def _date(compare: Callable[[Any, Any], bool]) -> Test:
    return lambda expected, actual, _: compare(_moment(actual), _moment(expected))


def _moment(text: str) -> datetime:
    """Parse ISO 8601 or seconds since the epoch."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _boolean(text: str) -> str:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"neither true nor false: {text}")
    return text


def _network(text: str) -> Any:
    return ipaddress.ip_network(text, strict=False)


_NULL = _Operator(_bool, check=_boolean)
_ORDERS = {
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATORS: Mapping[str, _Operator] = {
    "StringEquals": _Operator(_equal),
    "StringNotEquals": _Operator(_equal, negated=True),
    "StringEqualsIgnoreCase": _Operator(_equal_ignoring_case),
    "StringNotEqualsIgnoreCase": _Operator(_equal_ignoring_case, negated=True),
    "StringLike": _Operator(_like),
    "StringNotLike": _Operator(_like, negated=True),
    "ArnEquals": _Operator(_arn_like),
    "ArnLike": _Operator(_arn_like),
    "ArnNotEquals": _Operator(_arn_like, negated=True),
    "ArnNotLike": _Operator(_arn_like, negated=True),
    "BinaryEquals": _Operator(_equal),
    "Bool": _Operator(_bool, check=_boolean),
    "IpAddress": _Operator(_in_network, check=_network),
    "NotIpAddress": _Operator(_in_network, negated=True, check=_network),
    "Null": _NULL,
    "NumericEquals": _Operator(_number(operator.eq), check=float),
    "NumericNotEquals": _Operator(_number(operator.eq), negated=True, check=float),
    "DateEquals": _Operator(_date(operator.eq), check=_moment),
    "DateNotEquals": _Operator(_date(operator.eq), negated=True, check=_moment),
    **{f"Numeric{name}": _Operator(_number(test), check=float) for name, test in _ORDERS.items()},
    **{f"Date{name}": _Operator(_date(test), check=_moment) for name, test in _ORDERS.items()},
}
