"""Deploy access, compared with the applied resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from local_aws import LocalCloud
from local_aws_tests.accounts import DEV, Account

from terrarium import settings
from terrarium.verbs import find_deploy_role
from tests.access import applied as read_back
from tests.access import calls
from tests.access.roles import PROJECT, REGION, Access
from tests.e2e.clone import Clone

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient


@dataclass(frozen=True, slots=True)
class Made:
    """A resource in a state: its type, its ARN, its tags."""

    type: str
    arn: str
    tags: dict[str, str]


@pytest.fixture(scope="module")
def account(applied: Clone) -> Account:
    running = LocalCloud(applied.root / ".terrarium" / "cloud").start()
    return Account(running, DEV)


@pytest.fixture(scope="module")
def access(account: Account) -> Access:
    return read_back.access_of("dev", DEV, account.client("iam"))


def resources(account: Account) -> Iterator[Made]:
    """Return every resource with an ARN in the states of dev."""
    bucket = f"{PROJECT}-state-{DEV}-{REGION}"
    for unit in settings.environment("dev").units:
        key = f"live/dev/{unit}/terraform.tfstate"
        state: Any = json.load(account.s3.get_object(Bucket=bucket, Key=key)["Body"])
        for resource in state["resources"]:
            for instance in resource["instances"] if resource["mode"] == "managed" else ():
                attributes = instance["attributes"]
                if attributes.get("arn"):
                    tags = attributes.get("tags_all") or {}
                    yield Made(resource["type"], attributes["arn"], tags)


def kind(arn: str) -> tuple[str, str]:
    """Return service and kind of a resource; distinguishes a bucket from its objects."""
    if arn == "*":
        return arn, ""
    _, _, service, _, _, name = arn.split(":", 5)
    if service in ("s3", "sns"):
        return service, "/" if "/" in name else ""
    return service, re.split("[:/]", name, maxsplit=1)[0]


def test_the_apply_role_could_have_made_every_resource(account: Account, access: Access) -> None:
    asked = 0
    refused = []
    for made in resources(account):
        tags = {f"aws:ResourceTag/{tag}": value for tag, value in made.tags.items()}
        for need in access.required.needs[made.type]:
            if kind(need.arn) != kind(made.arn):
                continue
            asked += 1
            changed = tags if "aws:ResourceTag/Project" in tags else None
            request = access.request(need.action, made.arn, service=need.service, changed=changed)
            roles = [access.apply, access.plan] if need.reads else [access.apply]
            # The deploy roles themselves are read by a deployment, and changed by none.
            if "/deploy-access/" in made.arn and not need.reads:
                roles = []
            refused += [f"{need.action} on {made.arn}" for role in roles if not role.may(request)]
    assert refused == []
    assert asked > 100


def test_the_plan_role_allows_every_call_of_a_plan(
    applied: Clone, access: Access, tmp_path: Path
) -> None:
    log = tmp_path / "provider.log"
    planning = ("plan", "--env", "dev", "--target", "local")
    applied.invoke(*planning, TF_LOG_PROVIDER="DEBUG", TF_LOG_PATH=str(log))
    with log.open(errors="replace") as lines:
        asked = calls.actions(lines)
    # The role is there already; who it is, anybody may ask.
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
def test_a_token_assumes_the_role_of_a_workflow(applied: Clone, role: str) -> None:
    sts: STSClient = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=applied.url("control-plane"),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    arn = find_deploy_role(settings.environment("dev"), role).arn
    # moto takes any token: whom the role trusts is tested where its policy is read.
    given = sts.assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName="job", WebIdentityToken="x" * 20
    )
    assert given["AssumedRoleUser"]["Arn"].endswith(f"{PROJECT}-dev-{role}/job")
    keys = given["Credentials"]
    caller = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=applied.url("control-plane"),
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).get_caller_identity()
    assert caller["Account"] == DEV
