"""The deploy roles against the applied resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from local_aws_tests.accounts import DEV, Account, At

from terrarium import settings
from terrarium.verbs import find_deploy_role
from tests.access import applied as read_back
from tests.access import calls
from tests.access.roles import PROJECT, REGION, Access
from tests.e2e.clone import Clone

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in a Terraform state."""

    type: str
    arn: str
    tags: dict[str, str]


@pytest.fixture(scope="module")
def account(applied: Clone) -> Account:
    return Account(At(applied.url()), DEV)


@pytest.fixture(scope="module")
def access(account: Account) -> Access:
    return read_back.access_of("dev", DEV, account.client("iam"))


def resources(account: Account) -> Iterator[Resource]:
    """Yield every resource with an ARN in the states of dev."""
    bucket = f"{PROJECT}-state-{DEV}-{REGION}"
    for unit in settings.environment("dev").units:
        key = f"live/dev/{unit}/terraform.tfstate"
        state: Any = json.load(account.s3.get_object(Bucket=bucket, Key=key)["Body"])
        for resource in state["resources"]:
            for instance in resource["instances"] if resource["mode"] == "managed" else ():
                attributes = instance["attributes"]
                if attributes.get("arn"):
                    tags = attributes.get("tags_all") or {}
                    yield Resource(resource["type"], attributes["arn"], tags)


def kind(arn: str) -> tuple[str, str]:
    """Return the service and the type of resource; buckets and their objects differ."""
    if arn == "*":
        return arn, ""
    _, _, service, _, _, name = arn.split(":", 5)
    if service in ("s3", "sns"):
        return service, "/" if "/" in name else ""
    return service, re.split("[:/]", name, maxsplit=1)[0]


def test_the_roles_may_create_and_read_every_applied_resource(
    account: Account, access: Access
) -> None:
    asked = 0
    refused = []
    for resource in resources(account):
        tags = {f"aws:ResourceTag/{tag}": value for tag, value in resource.tags.items()}
        for need in access.required.needs[resource.type]:
            if kind(need.arn) != kind(resource.arn):
                continue
            asked += 1
            changed = tags if "aws:ResourceTag/Project" in tags else None
            request = access.request(
                need.action, resource.arn, service=need.service, changed=changed
            )
            roles = [access.apply, access.plan] if need.reads else [access.apply]
            # A deployment reads the deploy roles but never changes them.
            if "/deploy-access/" in resource.arn and not need.reads:
                roles = []
            refused += [
                f"{need.action} on {resource.arn}" for role in roles if not role.may(request)
            ]
    assert refused == []
    assert asked > 100


def test_a_plan_makes_no_request_that_the_plan_role_may_not_make(
    applied: Clone, access: Access, tmp_path: Path
) -> None:
    log = tmp_path / "provider.log"
    planning = ("plan", "--env", "dev", "--target", "local")
    applied.invoke(*planning, TF_LOG_PROVIDER="DEBUG", TF_LOG_PATH=str(log))
    with log.open(errors="replace") as lines:
        asked = calls.actions(lines)
    # The job has assumed the role already, and everyone may ask for their identity.
    asked -= {"sts:AssumeRole", "sts:GetCallerIdentity"}
    assert len(asked) > 50
    assert asked - access.plan.actions == set()


def test_every_role_has_the_boundary(account: Account, access: Access) -> None:
    roles = account.client("iam").list_roles()["Roles"]
    without = [
        role["RoleName"]
        for role in roles
        if account.client("iam")
        .get_role(RoleName=role["RoleName"])["Role"]
        .get("PermissionsBoundary", {})
        .get("PermissionsBoundaryArn")
        != access.boundary_arn
    ]
    assert len(roles) >= 4
    assert without == []


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_a_token_of_github_gives_the_role_that_a_workflow_names(applied: Clone, role: str) -> None:
    sts: STSClient = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=applied.url(),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    arn = find_deploy_role(settings.environment("dev"), role).arn
    # moto accepts every token; other tests read the role's trust policy.
    given = sts.assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="job", WebIdentityToken="x" * 20
    )
    assert given["AssumedRoleUser"]["Arn"].endswith(f"{PROJECT}-dev-{role}/job")
    keys = given["Credentials"]
    caller = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=applied.url(),
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).get_caller_identity()
    assert caller["Account"] == DEV
