from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import DEV, REGION, Plane

GROUP = "/aws/lambda/api"
ARN = f"arn:aws:logs:{REGION}:{DEV}:log-group"


def worker(plane: Plane, *resources: str) -> Any:
    """Return the Logs client of a function whose role allows to create these log groups."""
    statement = {"Effect": "Allow", "Action": "logs:Create*", "Resource": list(resources)}
    role = plane.create_role("api", *([statement] if resources else []))
    plane.create_function(role)
    return plane.client("logs", plane.session(role, "api"))


@pytest.mark.parametrize("resource", ["*", f"{ARN}:{GROUP}:*", f"arn:aws:logs:{REGION}:{DEV}:*"])
def test_a_worker_creates_a_group_that_its_role_allows(plane: Plane, resource: str) -> None:
    worker(plane, resource).create_log_group(logGroupName=GROUP)
    assert groups(plane) == [GROUP]


@pytest.mark.parametrize("resources", [(), (f"{ARN}:/aws/lambda/other:*",)])
def test_a_worker_cannot_create_another_group(plane: Plane, resources: tuple[str, ...]) -> None:
    logs = worker(plane, *resources)
    with pytest.raises(ClientError, match="not authorized to perform: logs:CreateLogGroup") as no:
        logs.create_log_group(logGroupName=GROUP)
    assert no.value.response["Error"]["Code"] == "AccessDeniedException"
    assert groups(plane) == []


def test_the_deploying_role_creates_any_group(plane: Plane) -> None:
    plane.client("logs").create_log_group(logGroupName=GROUP)
    assert groups(plane) == [GROUP]


def groups(plane: Plane) -> list[str]:
    found = plane.client("logs").describe_log_groups()["logGroups"]
    return [each["logGroupName"] for each in found]
