"""The applied deploy access of an environment, read from IAM."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_aws.iam.statement import Policy, parse

from tests.access.roles import PROJECT, Access, Role

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def access_of(environment: str, account: str, iam: IAMClient) -> Access:
    def role(name: str) -> Role:
        found = iam.get_role(RoleName=f"{PROJECT}-{environment}-{name}")["Role"]
        attached = iam.list_attached_role_policies(RoleName=found["RoleName"])["AttachedPolicies"]
        return Role(
            found["Arn"],
            tuple(_policy(iam, each["PolicyArn"]) for each in attached),
            _policy(iam, found["PermissionsBoundary"]["PermissionsBoundaryArn"]),
        )

    return Access(environment, account, role("plan"), role("apply"))


def _policy(iam: IAMClient, arn: str) -> Policy:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    return parse(arn, json.dumps(found["Document"]))
