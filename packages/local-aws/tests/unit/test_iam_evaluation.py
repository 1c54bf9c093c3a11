from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws.iam.evaluation import Decision, Policies, decide
from local_aws.iam.malformed import MalformedPolicyError
from local_aws.iam.principal import NOBODY, Caller, covers, spares
from local_aws.iam.statement import AccessRequest, Policy, parse

OWNER, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OWNER}:role/api"
SESSION = f"arn:aws:sts::{OWNER}:assumed-role/api/api"
WORKER = Caller(OWNER, (ROLE, SESSION))
OBJECT = "arn:aws:s3:::documents/foo.json"
READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECT}


def policy(*statements: dict[str, Any], name: str = "a policy") -> Policy:
    return parse(name, json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def for_all(**changes: Any) -> dict[str, Any]:
    return READ | {"Principal": "*"} | changes


def ask(
    policies: Policies, caller: Caller = WORKER, action: str = "s3:GetObject", **context: str
) -> Decision:
    values = {key: (value,) for key, value in context.items()}
    return decide(AccessRequest(caller, action, OBJECT, values), policies)


def test_a_caller_without_limits_may_do_anything_in_his_own_account() -> None:
    assert ask(Policies(OWNER)).allowed


def test_a_deny_of_the_resource_ends_it_and_names_its_statement() -> None:
    deny = for_all(Effect="Deny", Sid="OnlyTls")
    made = ask(Policies(OWNER, resource=policy(deny, name="the policy of documents")))
    assert made == Decision(
        False,
        "with an explicit deny in a resource-based policy",
        "statement OnlyTls of the policy of documents denies it",
    )


def test_a_deny_whose_condition_does_not_hold_denies_nothing() -> None:
    deny = for_all(Effect="Deny", Condition={"StringEquals": {"x": "1"}})
    assert ask(Policies(OWNER, resource=policy(deny)), x="2").allowed
    assert not ask(Policies(OWNER, resource=policy(deny)), x="1").allowed


def test_in_one_account_either_side_may_grant() -> None:
    assert not ask(Policies(OWNER, identity=())).allowed
    assert ask(Policies(OWNER, identity=(policy(READ),))).allowed
    assert ask(Policies(OWNER, identity=(), resource=policy(for_all()))).allowed


def test_between_accounts_both_sides_must_grant() -> None:
    assert not ask(Policies(OTHER, identity=(policy(READ),))).allowed
    assert not ask(Policies(OTHER, identity=(), resource=policy(for_all()))).allowed
    assert ask(Policies(OTHER, identity=(policy(READ),), resource=policy(for_all()))).allowed
    refused = ask(Policies(OTHER))
    assert refused.because == "because no resource-based policy allows the s3:GetObject action"


def test_nobody_in_particular_needs_the_word_of_the_resource() -> None:
    assert not ask(Policies(OWNER, identity=()), NOBODY).allowed
    assert not ask(Policies(OWNER), NOBODY).allowed
    assert ask(Policies(OWNER, resource=policy(for_all())), NOBODY).allowed


def test_an_endpoint_and_a_boundary_grant_nothing_but_must_allow() -> None:
    everything = READ | {"Action": "*", "Resource": "*"}
    nothing = policy(READ | {"Action": "s3:PutObject"}, name="the VPC endpoint vpce-1")
    granted = (policy(everything),)
    refused = ask(Policies(OWNER, identity=granted, endpoint=nothing))
    assert refused == Decision(
        False,
        "because no VPC endpoint policy allows the s3:GetObject action",
        "the VPC endpoint vpce-1 does not allow it",
    )
    assert not ask(Policies(OWNER, identity=granted, boundary=nothing)).allowed
    assert not ask(Policies(OWNER, identity=(), endpoint=policy(for_all()))).allowed
    assert ask(Policies(OWNER, identity=granted, endpoint=policy(for_all()))).allowed


def test_the_words_are_those_of_aws() -> None:
    deny = READ | {"Effect": "Deny"}
    assert ask(Policies(OWNER, identity=(policy(deny),))).because == (
        "with an explicit deny in an identity-based policy"
    )
    assert ask(Policies(OWNER, identity=())).because == (
        "because no identity-based policy allows the s3:GetObject action"
    )


@pytest.mark.parametrize(
    ("change", "applies"),
    [
        ({}, True),
        ({"Action": "S3:getobject"}, True),
        ({"Action": ["s3:Put*", "s3:Get*"]}, True),
        ({"Action": "s3:GetObjectVersion"}, False),
        ({"NotAction": "s3:PutObject"}, True),
        ({"NotAction": "s3:*"}, False),
        ({"Resource": "arn:aws:s3:::documents/*"}, True),
        ({"Resource": "arn:aws:s3:::documents"}, False),
        ({"Resource": "arn:aws:s3:::documents/FOO.json"}, False),
        ({"Resource": "arn:aws:s3:::documents/${aws:PrincipalTag/x}"}, False),
        ({"NotResource": "arn:aws:s3:::documents/*"}, False),
        ({"NotResource": ["arn:aws:s3:::other/*"]}, True),
    ],
)
def test_a_statement_names_actions_and_resources(change: dict[str, Any], applies: bool) -> None:
    element = next(iter(change), "")
    kept = {key: value for key, value in READ.items() if f"Not{key}" != element}
    assert ask(Policies(OWNER, identity=(policy(kept | change),))).allowed is applies


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": OWNER}, True),
        ({"AWS": f"arn:aws:iam::{OWNER}:root"}, True),
        ({"AWS": [f"arn:aws:iam::{OTHER}:root", ROLE]}, True),
        ({"AWS": SESSION}, True),
        ({"AWS": OTHER}, False),
        ({"AWS": f"{ROLE}2"}, False),
        ({"AWS": "arn:aws:iam::111111111111:role/*"}, False),
        ({"Service": "logging.s3.amazonaws.com"}, False),
    ],
)
def test_a_principal_is_an_account_a_role_a_session_or_everyone(
    principal: Any, expected: bool
) -> None:
    assert covers(principal, WORKER) is expected


def test_a_principal_of_an_account_does_not_mean_nobody_in_particular() -> None:
    assert not covers({"AWS": OWNER}, NOBODY)
    assert covers({"AWS": "*"}, NOBODY)


def test_not_principal_spares_only_whom_it_names_in_every_way() -> None:
    named = [OWNER, ROLE, SESSION]
    assert spares({"AWS": named}, WORKER)
    assert not any(spares({"AWS": [n for n in named if n != left]}, WORKER) for left in named)
    assert not spares({"AWS": named}, NOBODY)
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": named}}
    assert ask(Policies(OWNER, resource=policy(deny))).allowed
    assert not ask(Policies(OWNER, resource=policy(deny)), Caller(OWNER, (f"{ROLE}2",))).allowed


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("", "not JSON"),
        ("[]", "JSON object"),
        ("{}", "Missing required field Statement"),
        ('{"Statement": ["x"]}', "statement 1 is not an object"),
        ({"Effect": "Perhaps"}, "Invalid effect: Perhaps"),
        ({"Action": []}, "Missing required field Action"),
        ({"Action": [1]}, "Invalid Action"),
        ({"NotAction": "x"}, "Action and NotAction exclude each other"),
        ({"Resource": []}, "Missing required field Resource"),
        ({"Principal": "*", "NotPrincipal": "*"}, "Principal and NotPrincipal exclude"),
        ({"Condition": {"Is": {"a": "b"}}}, "Is is not a condition operator"),
    ],
)
def test_what_is_no_policy_is_malformed(document: Any, expected: str) -> None:
    text = document if isinstance(document, str) else json.dumps({"Statement": READ | document})
    with pytest.raises(MalformedPolicyError, match=expected):
        parse("a policy", text)
