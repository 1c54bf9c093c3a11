"""Permissions of the planned deploy roles of both environments."""

from __future__ import annotations

import pytest

from terrarium import settings
from terrarium.verbs import DEPLOY_ROLES, find_deploy_role
from tests.access import planned
from tests.access.required import load, types_in_modules
from tests.access.roles import PROJECT, REGION, Access

READS = ("Describe", "Get", "List")


@pytest.fixture(scope="module", params=sorted(settings.environments()))
def access(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Access:
    folder = tmp_path_factory.mktemp("access") / "module"
    return planned.access_of(settings.environment(request.param), folder)


def test_the_table_has_exactly_the_types_of_the_modules() -> None:
    required = load(**dict.fromkeys(("name", "project", "environment", "account", "here"), "x"))
    assert types_in_modules() == set(required.needs) | required.free


def test_the_roles_have_the_names_that_workflows_use(access: Access) -> None:
    environment = settings.environment(access.environment)
    named = {role: find_deploy_role(environment, role).arn for role in DEPLOY_ROLES}
    assert named == {"plan": access.plan.arn, "apply": access.apply.arn}


def test_the_plan_role_may_read_every_resource_of_the_modules(access: Access) -> None:
    needs = [need for need in access.required if need.reads]
    assert [need for need in needs if not access.meets(access.plan, need)] == []


def test_the_apply_role_has_every_required_permission(access: Access) -> None:
    assert [need for need in access.required if not access.meets(access.apply, need)] == []


def test_the_plan_role_may_change_nothing(access: Access) -> None:
    changing = [need for need in access.required if not need.reads]
    may = {need.action for need in changing if access.meets(access.plan, need)}
    assert {action for action in may if not action.split(":")[1].startswith(READS)} == set()


def test_no_role_has_an_unneeded_permission(access: Access) -> None:
    state = {"s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"}
    for role in (access.plan, access.apply):
        assert role.actions - {need.action for need in access.required} <= state


def test_states_are_read_by_both_written_by_one_and_deleted_by_none(access: Access) -> None:
    state = f"{access.states}/network/terraform.tfstate"
    may = {
        name: [verb for verb in ("Get", "Put", "Delete") if role.may(access.on(verb, state))]
        for name, role in (("plan", access.plan), ("apply", access.apply))
    }
    assert may == {"plan": ["Get"], "apply": ["Get", "Put"]}


def test_both_roles_take_and_release_locks(access: Access) -> None:
    lock = f"{access.states}/network/terraform.tfstate.tflock"
    for role in (access.plan, access.apply):
        assert all(role.may(access.on(verb, lock)) for verb in ("Get", "Put", "Delete"))


def test_no_role_may_use_states_of_another_environment(access: Access) -> None:
    for key in (
        "live/other/network/terraform.tfstate",
        "live/other/network/terraform.tfstate.tflock",
    ):
        other = f"{access.states.rsplit('/live/')[0]}/{key}"
        for verb in ("Get", "Put", "Delete"):
            request = access.on(verb, other)
            assert not access.plan.may(request)
            assert not access.apply.may_at_most(request)


ROLE = "arn:aws:iam::{account}:role/"
DENIED_BY_THE_BOUNDARY = {
    "users and keys": [
        ("iam:CreateUser", "arn:aws:iam::{account}:user/eve"),
        ("iam:CreateAccessKey", "arn:aws:iam::{account}:user/eve"),
        ("iam:CreateLoginProfile", "arn:aws:iam::{account}:user/eve"),
    ],
    "billing, account and organization": [
        ("aws-portal:ModifyBilling", "*"),
        ("billing:UpdateBillingPreferences", "*"),
        ("account:CloseAccount", "*"),
        ("organizations:LeaveOrganization", "*"),
    ],
    "services that the project does not use": [
        ("ec2:RunInstances", "arn:aws:ec2:{here}:instance/*"),
        ("ec2:CreateVpcPeeringConnection", "arn:aws:ec2:{here}:vpc-peering-connection/*"),
        ("secretsmanager:GetSecretValue", "*"),
        ("sts:AssumeRole", ROLE + "admin"),
    ],
    "the boundary": [
        ("iam:DeleteRolePermissionsBoundary", ROLE + "{name}-flow-logs"),
        ("iam:CreatePolicyVersion", "{boundary}"),
        ("iam:SetDefaultPolicyVersion", "{boundary}"),
        ("iam:DeletePolicy", "{boundary}"),
    ],
    "the deploy roles and their trust policies": [
        ("iam:PutRolePolicy", ROLE + "deploy-access/{name}-apply"),
        ("iam:AttachRolePolicy", ROLE + "deploy-access/{name}-apply"),
        ("iam:UpdateAssumeRolePolicy", ROLE + "deploy-access/{name}-plan"),
        ("iam:PassRole lambda.amazonaws.com", ROLE + "deploy-access/{name}-apply"),
        (
            "iam:CreatePolicyVersion",
            "arn:aws:iam::{account}:policy/deploy-access/{name}-read-network",
        ),
        (
            "iam:DeleteOpenIDConnectProvider",
            "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com",
        ),
    ],
    "roles of other names": [
        ("iam:CreateRole", ROLE + "admin"),
        ("iam:UpdateAssumeRolePolicy", ROLE + "admin"),
        ("iam:PassRole lambda.amazonaws.com", ROLE + "admin"),
    ],
    "services without a role": [
        ("iam:PassRole ec2.amazonaws.com", ROLE + "{name}-flow-logs"),
        (
            "iam:CreateServiceLinkedRole spot.amazonaws.com",
            ROLE + "aws-service-role/spot.amazonaws.com/x",
        ),
    ],
    "the state bucket itself": [
        ("s3:PutBucketPolicy", "{state_bucket}"),
        ("s3:DeleteBucket", "{state_bucket}"),
        ("s3:PutBucketVersioning", "{state_bucket}"),
        ("s3:DeleteObjectVersion", "{states}/network/terraform.tfstate"),
    ],
    "buckets of other names": [("s3:GetObject", "arn:aws:s3:::another-bucket/key")],
}


@pytest.mark.parametrize("what", DENIED_BY_THE_BOUNDARY)
def test_the_boundary_denies(access: Access, what: str) -> None:
    for named, arn in DENIED_BY_THE_BOUNDARY[what]:
        action, _, service = named.partition(" ")
        assert not access.apply.may_at_most(
            access.request(action, access.fill(arn), service=service)
        )


def test_the_boundary_limits_roles_to_their_region_and_account(access: Access) -> None:
    function = f"arn:aws:lambda:us-east-1:{access.account}:function:{access.name}"
    elsewhere = access.request(
        "lambda:CreateFunction", function, changed={"aws:RequestedRegion": "us-east-1"}
    )
    assert not access.apply.may_at_most(elsewhere)
    topic = f"arn:aws:sns:{REGION}:999999999999:{access.name}"
    foreign = access.request("sns:Publish", topic, changed={"aws:ResourceAccount": "999999999999"})
    assert not access.apply.may_at_most(foreign)


@pytest.mark.parametrize("boundary", ["", "arn:aws:iam::aws:policy/AdministratorAccess"])
def test_no_role_is_created_or_changed_without_the_boundary(access: Access, boundary: str) -> None:
    role = f"arn:aws:iam::{access.account}:role/{access.name}-new"
    for action in ("CreateRole", "PutRolePolicy", "AttachRolePolicy", "PutRolePermissionsBoundary"):
        request = access.request(
            f"iam:{action}", role, changed={"iam:PermissionsBoundary": boundary}
        )
        assert not access.apply.may_at_most(request)
    assert access.apply.may(access.request("iam:CreateRole", role))


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("ec2:DeleteVpc", "vpc"),
        ("ec2:DeleteNatGateway", "natgateway"),
        ("ec2:CreateSubnet", "vpc"),
        ("ec2:CreateTags", "vpc"),
        ("ec2:RevokeSecurityGroupIngress", "security-group"),
        ("kms:ScheduleKeyDeletion", "key"),
        ("kms:PutKeyPolicy", "key"),
    ],
)
def test_resources_with_the_tags_of_another_environment_are_denied(
    access: Access, action: str, kind: str
) -> None:
    others = {"aws:ResourceTag/Environment": "other"}
    arn = f"arn:aws:{action.split(':', maxsplit=1)[0]}:{REGION}:{access.account}:{kind}/1"
    assert access.apply.may(access.request(action, arn))
    assert not access.apply.may(access.request(action, arn, changed=others))


def test_resources_with_another_name_are_denied(access: Access) -> None:
    others = {
        "lambda:UpdateFunctionCode": f"lambda:{REGION}:{access.account}:function:{PROJECT}-other",
        "elasticloadbalancing:DeleteLoadBalancer": f"elasticloadbalancing:{REGION}:"
        f"{access.account}:loadbalancer/app/{PROJECT}-other/1",
        "logs:DeleteLogGroup": f"logs:{REGION}:{access.account}:log-group:/aws/lambda/other",
        "s3:DeleteBucket": f"s3:::{PROJECT}-documents-other-{access.account}",
        "sns:DeleteTopic": f"sns:{REGION}:{access.account}:other",
    }
    for action, arn in others.items():
        assert not access.apply.may(access.request(action, f"arn:aws:{arn}"))
