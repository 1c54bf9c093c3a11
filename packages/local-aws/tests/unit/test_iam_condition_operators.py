from __future__ import annotations

from typing import Any

import pytest
from local_aws.iam import MalformedPolicyError
from local_aws.iam.condition_operators import conditions

ROLE = "arn:aws:iam::111111111111:role/team/deploy"
CONTEXT = {
    "aws:securetransport": ("true",),
    "aws:principalarn": (ROLE,),
    "aws:sourceip": ("127.0.0.1",),
    "aws:currenttime": ("2026-05-01T12:00:00+00:00",),
    "aws:username": ("a*b",),
    "s3:tlsversion": ("1.3",),
    "s3:prefix": ("documents/a*b/",),
    "s3:requestobjecttagkeys": ("team", "cost"),
}


def holds(operator: str, key: str, value: Any) -> bool:
    found = conditions({operator: {key: value}})
    return all(condition.holds(CONTEXT) for condition in found)


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "aws:SecureTransport", "true", True),
        ("StringEquals", "AWS:securetransport", "TRUE", False),
        ("StringEqualsIgnoreCase", "aws:SecureTransport", "TRUE", True),
        ("StringNotEqualsIgnoreCase", "aws:SecureTransport", "TRUE", False),
        ("StringEquals", "s3:prefix", ["x", "documents/a*b/"], True),
        ("StringNotEquals", "s3:prefix", ["x", "documents/a*b/"], False),
        ("StringNotEquals", "s3:prefix", ["x", "y"], True),
        ("StringLike", "s3:prefix", "documents/*", True),
        ("StringLike", "s3:prefix", "document", False),
        ("StringNotLike", "s3:prefix", "documents/*", False),
        ("Bool", "aws:SecureTransport", True, True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("Bool", "aws:SecureTransport", "TRUE", True),
        ("NumericLessThan", "s3:TlsVersion", 1.2, False),
        ("NumericGreaterThanEquals", "s3:TlsVersion", "1.3", True),
        ("NumericNotEquals", "s3:TlsVersion", "1.30", False),
        ("NumericEquals", "aws:PrincipalArn", "1", False),
        ("NumericNotEquals", "aws:PrincipalArn", "1", True),
        ("DateLessThan", "aws:CurrentTime", "2026-05-01T12:00:01Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "1777636799", True),
        ("DateEquals", "aws:CurrentTime", "2026-05-01T12:00:00", True),
        ("DateLessThanEquals", "aws:CurrentTime", "2026-05-01", False),
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", True),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "::/0"], False),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.168.0.1"], True),
        ("NotIpAddress", "aws:SourceIp", "127.0.0.1/32", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/team/*", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:*:iam::111111111111:role/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*:role/team/deploy", False),
        ("ArnLike", "aws:PrincipalArn", "*", False),
        ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::1:role/*", ROLE], False),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::111111111111:role/deploy", True),
        ("Null", "aws:PrincipalArn", "false", True),
        ("Null", "aws:PrincipalArn", "true", False),
    ],
)
def test_each_operator_compares_as_iam_does(
    operator: str, key: str, value: Any, expected: bool
) -> None:
    assert holds(operator, key, value) is expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ArnNotLike", True),
        ("NumericNotEquals", True),
        ("IpAddress", False),
        ("NotIpAddress", True),
        ("Bool", False),
        ("BoolIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_a_missing_key_matches_only_some_operators(operator: str, expected: bool) -> None:
    value = {"Bool": "true", "Nume": "1", "IpAd": "10.0.0.0/8", "NotI": "10.0.0.0/8"}
    known = value.get(operator.removesuffix("IfExists")[:4], "vpce-1")
    assert holds(operator, "aws:SourceVpce", known) is expected


def test_null_tests_for_a_missing_key() -> None:
    assert holds("Null", "aws:SourceVpce", "true")
    assert not holds("Null", "aws:SourceVpce", False)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("ForAllValues:StringEquals", ["team", "cost", "owner"], True),
        ("ForAllValues:StringEquals", ["team"], False),
        ("ForAnyValue:StringEquals", ["team"], True),
        ("ForAnyValue:StringEquals", ["owner"], False),
        ("ForAllValues:StringNotEquals", ["team"], False),
        ("ForAnyValue:StringNotEquals", ["team"], True),
        ("ForAllValues:StringLikeIfExists", ["t*", "c*"], True),
        ("StringNotEquals", ["team"], False),
    ],
)
def test_set_operators_compare_value_by_value(
    operator: str, value: list[str], expected: bool
) -> None:
    assert holds(operator, "s3:RequestObjectTagKeys", value) is expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("StringEquals", "documents/${aws:username}/", True),
        ("StringLike", "*/${aws:username}/", True),
        ("StringLike", "documents/aXb/", False),
        ("StringEquals", "documents/${aws:PrincipalTag/x}/", False),
        ("StringEquals", "documents/${aws:PrincipalTag/x, 'a*b'}/", True),
        ("StringLike", "documents/a${*}b/", True),
        ("StringLike", "documents/a${?}b/", False),
    ],
)
def test_the_wildcards_in_a_variable_are_literal(operator: str, value: str, expected: bool) -> None:
    assert holds(operator, "s3:prefix", value) is expected


def test_a_star_in_the_value_of_a_variable_is_no_wildcard() -> None:
    context = {"aws:username": ("*",), "s3:prefix": ("documents/other/",)}
    (condition,) = conditions({"StringLike": {"s3:prefix": "documents/${aws:username}/"}})
    assert not condition.holds(context)


def test_conditions_are_evaluated_one_by_one() -> None:
    both = {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"s3:prefix": "x*"}}
    assert [condition.holds(CONTEXT) for condition in conditions(both)] == [True, False]


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ([], "must be an object"),
        ({"StringEquals": "x"}, "StringEquals must be an object"),
        ({"StringIs": {"a": "b"}}, "StringIs is not a condition operator"),
        ({"NullIfExists": {"a": "true"}}, "NullIfExists is not a condition operator"),
        ({"Null": {"a": ["true", "false"]}}, "one value"),
        ({"Bool": {"a": "yes"}}, "neither true nor false: yes"),
        ({"NumericEquals": {"a": "one"}}, "NumericEquals of a"),
        ({"IpAddress": {"a": "10.0.0.256"}}, "IpAddress of a"),
        ({"DateEquals": {"a": "tomorrow"}}, "DateEquals of a"),
        ({"StringEquals": {"a": {"b": "c"}}}, "a condition value must be a string"),
    ],
)
def test_a_malformed_condition_is_refused_with_the_reason(element: Any, expected: str) -> None:
    with pytest.raises(MalformedPolicyError, match=expected):
        conditions(element)
