from __future__ import annotations

from typing import Any

import pytest
from terragrunt_runner import ResourceBlock

from terrarium.policy.configuration import Configuration
from terrarium.policy.rules import access
from tests.unit.policy.plans import Reference, found, policy, resource, unit

ROLE_POLICY = "aws_iam_role_policy.this"
BUCKET = "arn:aws:s3:::documents"


def allow(**elements: Any) -> dict[str, Any]:
    narrow = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return {key: value for key, value in (narrow | elements).items() if value is not None}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (allow(Action="*"), "it allows the action *"),
        (allow(Action=["s3:GetObject", "s3:*"]), "it allows the action s3:*"),
        (allow(Action="s3:Get*"), "it allows the action s3:Get*"),
        (allow(Resource="*"), "it allows the resource *"),
        (allow(Resource=[BUCKET, "arn:aws:s3:::*"]), "it allows the resource arn:aws:s3:::*"),
        (
            allow(Resource="arn:aws:ec2:eu-west-1:111111111111:*/*"),
            "it allows the resource arn:aws:ec2:eu-west-1:111111111111:*/*",
        ),
        (allow(Principal="*"), "it allows every principal"),
        (allow(Principal={"AWS": ["*"]}), "it allows every principal"),
        (allow(Action=None, NotAction="iam:*"), "it allows all but its NotAction"),
        (allow(Resource=None, NotResource=BUCKET), "it allows all but its NotResource"),
    ],
)
def test_a_wildcard_that_is_allowed_is_found_by_its_statement(
    statement: dict[str, Any], message: str
) -> None:
    plan = unit(resource(ROLE_POLICY, policy=policy(allow(), statement | {"Sid": "Wide"})))
    (finding,) = access.wildcards(plan)
    assert (finding.key, finding.message) == (f"app/{ROLE_POLICY} Wide", message)


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow(Resource="arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/app:*"),
        allow(Effect="Deny", Action="*", Resource="*", Principal="*"),
    ],
)
def test_what_is_narrow_or_denied_is_no_wildcard(statement: dict[str, Any]) -> None:
    assert found(access.wildcards(unit(resource(ROLE_POLICY, policy=policy(statement))))) == []


def test_a_statement_without_a_name_goes_by_its_number() -> None:
    plan = unit(resource(ROLE_POLICY, policy=policy(allow(), allow(Sid=None, Resource="*"))))
    assert found(access.wildcards(plan)) == [f"app/{ROLE_POLICY} #2"]


def test_a_single_statement_that_is_no_list_is_read() -> None:
    single = '{"Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}}'
    assert found(access.wildcards(unit(resource("aws_iam_policy.this", policy=single)))) == [
        "app/aws_iam_policy.this All"
    ]


def test_the_resource_of_a_key_policy_is_the_key_itself() -> None:
    statement = allow(Action="kms:Decrypt", Resource="*")
    key = resource("aws_kms_key.this", policy=policy(statement))
    assert found(access.wildcards(unit(key))) == []


def test_policies_inside_a_role_and_who_may_assume_it_are_read() -> None:
    role = resource(
        "aws_iam_role.this",
        assume_role_policy=policy(allow(Sid="Assume", Resource=None, Principal={"AWS": "*"})),
        inline_policy=[{"name": "in", "policy": policy(allow(Sid="Inside", Action="*"))}],
    )
    assert found(access.wildcards(unit(role))) == [
        "app/aws_iam_role.this Assume",
        "app/aws_iam_role.this Inside",
    ]
    computed = Configuration.of([ResourceBlock(role.base, frozenset({"assume_role_policy"}))])
    assert found(access.wildcards(unit(role, configuration=computed))) == [
        "app/aws_iam_role.this Assume"
    ]


def test_a_role_without_a_boundary_is_found() -> None:
    plan = unit(
        resource("aws_iam_role.bare", permissions_boundary=None),
        resource("aws_iam_role.bound", permissions_boundary="arn:aws:iam::1:policy/boundary"),
        resource("aws_iam_role.later", permissions_boundary=Reference("aws_iam_policy.boundary")),
        resource("aws_iam_user.bare"),
    )
    assert found(access.roles_without_a_boundary(plan)) == [
        "app/aws_iam_role.bare",
        "app/aws_iam_user.bare",
    ]


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("DB_PASSWORD", "hunter2", True),
        ("github_token", "abc", True),
        ("API_KEY", "abc", True),
        ("CONFIG", "AKIA" + "A" * 16, True),
        ("DATABASE", "postgres://app:hunter2@db/app", True),
        ("PEM", "-----BEGIN PRIVATE KEY-----", True),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db", False),
        ("DB_PASSWORD", "", False),
        ("BUCKET", "documents", False),
        ("CORS_ORIGINS", "https://www.example.com", False),
    ],
)
def test_a_secret_in_the_environment_is_known_by_its_name_or_form(
    name: str, value: str, is_secret: bool
) -> None:
    function = resource("aws_lambda_function.this", environment=[{"variables": {name: value}}])
    keys = [f"app/aws_lambda_function.this {name}"] if is_secret else []
    assert found(access.secrets_in_the_environment(unit(function))) == keys
