from __future__ import annotations

import json
from typing import Any

import pytest
from local_aws.iam import MalformedPolicyError
from local_aws.iam.evaluation import Decision, Policies, decide
from local_aws.iam.principal import ANONYMOUS, Caller, excluded_by_not_principal, matches_principal
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


def test_a_caller_without_identity_policies_is_allowed_everything_in_the_same_account() -> None:
    assert ask(Policies(OWNER)).allowed


def test_a_deny_in_the_resource_policy_wins_and_names_the_statement() -> None:
    deny = for_all(Effect="Deny", Sid="OnlyTls")
    made = ask(Policies(OWNER, resource=policy(deny, name="the policy of documents")))
    assert made == Decision(
        False,
        "with an explicit deny in a resource-based policy",
        "statement OnlyTls of the policy of documents denies it",
    )


def test_a_deny_with_a_false_condition_does_not_apply() -> None:
    deny = for_all(Effect="Deny", Condition={"StringEquals": {"x": "1"}})
    assert ask(Policies(OWNER, resource=policy(deny)), x="2").allowed
    assert not ask(Policies(OWNER, resource=policy(deny)), x="1").allowed


def test_within_an_account_either_policy_may_grant() -> None:
    assert not ask(Policies(OWNER, identity=())).allowed
    assert ask(Policies(OWNER, identity=(policy(READ),))).allowed
    assert ask(Policies(OWNER, identity=(), resource=policy(for_all()))).allowed


def test_across_accounts_both_policies_must_grant() -> None:
    assert not ask(Policies(OTHER, identity=(policy(READ),))).allowed
    assert not ask(Policies(OTHER, identity=(), resource=policy(for_all()))).allowed
    assert ask(Policies(OTHER, identity=(policy(READ),), resource=policy(for_all()))).allowed
    refused = ask(Policies(OTHER))
    assert refused.reason == "because no resource-based policy allows the s3:GetObject action"


def test_an_anonymous_caller_needs_a_grant_in_the_resource_policy() -> None:
    assert not ask(Policies(OWNER, identity=()), ANONYMOUS).allowed
    assert not ask(Policies(OWNER), ANONYMOUS).allowed
    assert ask(Policies(OWNER, resource=policy(for_all())), ANONYMOUS).allowed


def test_endpoint_policy_and_boundary_limit_but_do_not_grant() -> None:
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


def test_the_reasons_are_worded_as_on_aws() -> None:
    deny = READ | {"Effect": "Deny"}
    assert ask(Policies(OWNER, identity=(policy(deny),))).reason == (
        "with an explicit deny in an identity-based policy"
    )
    assert ask(Policies(OWNER, identity=())).reason == (
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
def test_a_statement_matches_actions_and_resources(change: dict[str, Any], applies: bool) -> None:
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
def test_a_principal_is_everyone_or_an_account_role_or_session(
    principal: Any, expected: bool
) -> None:
    assert matches_principal(principal, WORKER) is expected


def test_an_account_as_principal_does_not_match_an_anonymous_caller() -> None:
    assert not matches_principal({"AWS": OWNER}, ANONYMOUS)
    assert matches_principal({"AWS": "*"}, ANONYMOUS)


def test_not_principal_exempts_only_a_caller_with_every_arn_listed() -> None:
    named = [OWNER, ROLE, SESSION]
    assert excluded_by_not_principal({"AWS": named}, WORKER)
    assert not any(
        excluded_by_not_principal({"AWS": [n for n in named if n != left]}, WORKER)
        for left in named
    )
    assert not excluded_by_not_principal({"AWS": named}, ANONYMOUS)
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
def test_a_malformed_policy_is_refused_with_the_reason(document: Any, expected: str) -> None:
    text = document if isinstance(document, str) else json.dumps({"Statement": READ | document})
    with pytest.raises(MalformedPolicyError, match=expected):
        parse("a policy", text)
