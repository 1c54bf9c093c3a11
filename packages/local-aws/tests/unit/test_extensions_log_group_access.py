from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import DEV, REGION, Plane, a_zip

GROUP = "/aws/lambda/api"
ARN = f"arn:aws:logs:{REGION}:{DEV}:log-group"


def worker(plane: Plane, *resources: str) -> Any:
    """The log client of a function whose role may make groups of these ARNs."""
    iam = plane.client("iam")
    role = iam.create_role(RoleName="api", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    if resources:
        statement = {"Effect": "Allow", "Action": "logs:Create*", "Resource": list(resources)}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName="api", PolicyName="logs", PolicyDocument=document)
    plane.client("lambda").create_function(
        FunctionName="api",
        Role=role,
        Runtime="python3.13",
        Handler="lambda.handler",
        Code={"ZipFile": a_zip("")},
    )
    return plane.client("logs", plane.session(role, "api"))


@pytest.mark.parametrize("resource", ["*", f"{ARN}:{GROUP}:*", f"arn:aws:logs:{REGION}:{DEV}:*"])
def test_a_worker_makes_a_group_that_its_role_may_make(plane: Plane, resource: str) -> None:
    worker(plane, resource).create_log_group(logGroupName=GROUP)
    assert groups(plane) == [GROUP]


@pytest.mark.parametrize("resources", [(), (f"{ARN}:/aws/lambda/other:*",)])
def test_a_worker_makes_no_other_group(plane: Plane, resources: tuple[str, ...]) -> None:
    logs = worker(plane, *resources)
    with pytest.raises(ClientError, match="not authorized to perform: logs:CreateLogGroup") as no:
        logs.create_log_group(logGroupName=GROUP)
    assert no.value.response["Error"]["Code"] == "AccessDeniedException"
    assert groups(plane) == []


def test_whoever_deploys_makes_any_group(plane: Plane) -> None:
    plane.client("logs").create_log_group(logGroupName=GROUP)
    assert groups(plane) == [GROUP]


def groups(plane: Plane) -> list[str]:
    found = plane.client("logs").describe_log_groups()["logGroups"]
    return [each["logGroupName"] for each in found]
