"""Services of moto, with the packages and the data that they need."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import DEV, Plane
from moto.backends import list_of_moto_modules

BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_every_service_of_moto_can_be_imported() -> None:
    for module in list_of_moto_modules():
        for part in ("responses", "urls"):
            if find_spec(f"moto.{module}.{part}") is not None:
                import_module(f"moto.{module}.{part}")


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("apigateway", "get_rest_apis"),
        ("apigatewayv2", "get_apis"),
        ("appsync", "list_graphql_apis"),
        ("batch", "describe_compute_environments"),
        ("cloudformation", "list_stacks"),
        ("cognito-idp", "list_user_pools"),
        ("dynamodb", "list_tables"),
        ("glue", "get_databases"),
        ("iot", "list_things"),
        ("quicksight", "list_users"),
        ("ssm", "describe_parameters"),
        ("stepfunctions", "list_state_machines"),
        ("xray", "get_trace_summaries"),
    ],
)
def test_a_service_with_packages_of_its_own_answers(
    plane: Plane, service: str, operation: str
) -> None:
    assert getattr(plane.client(service), operation)(**ARGUMENTS.get(operation, {}))


ARGUMENTS: dict[str, dict[str, Any]] = {
    "get_trace_summaries": {"StartTime": 0, "EndTime": 1},
    "list_user_pools": {"MaxResults": 1},
    "list_users": {"AwsAccountId": DEV, "Namespace": "default"},
}


def test_a_missing_package_is_named(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, ModuleNotFoundError("No module named 'graphql'", name="graphql"))
    with pytest.raises(ClientError, match="sqs ListQueues needs the Python package graphql"):
        plane.client("sqs").list_queues()


def test_a_service_that_a_region_lacks_is_named(plane: Plane) -> None:
    with pytest.raises(ClientError, match=r"dsql .* does not know the service in Region eu-west-1"):
        plane.client("dsql").list_clusters()


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def handle(*_: Any) -> None:
        raise error

    monkeypatch.setattr("local_aws.control_plane.moto_http.Moto.handle", handle)


def test_a_managed_policy_can_be_attached_to_a_role(plane: Plane) -> None:
    iam = plane.client("iam")
    iam.create_role(RoleName="api", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="api", PolicyArn=BASIC_EXECUTION)
    plane.save_and_restore()
    [attached] = iam.list_attached_role_policies(RoleName="api")["AttachedPolicies"]
    version = iam.get_policy(PolicyArn=BASIC_EXECUTION)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=BASIC_EXECUTION, VersionId=version)
    assert attached["PolicyArn"] == BASIC_EXECUTION
    assert "logs:PutLogEvents" in str(document["PolicyVersion"]["Document"])


def test_managed_policies_are_listed_beside_those_of_the_account(plane: Plane) -> None:
    iam = plane.client("iam")
    own = iam.create_policy(PolicyName="own", PolicyDocument=POLICY)["Policy"]["Arn"]

    def listed(scope: Any) -> set[str]:
        pages = iam.get_paginator("list_policies").paginate(
            Scope=scope, PaginationConfig={"PageSize": 1000}
        )
        return {policy["Arn"] for page in pages for policy in page["Policies"]}

    assert listed("Local") == {own}
    assert {BASIC_EXECUTION, own} < listed("All")


POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'


@pytest.mark.parametrize("name", ["service-role/None", "AWSLambdaBasicExecutionRole"])
def test_a_managed_policy_that_aws_does_not_have_cannot_be_attached(
    plane: Plane, name: str
) -> None:
    iam = plane.client("iam")
    iam.create_role(RoleName="api", AssumeRolePolicyDocument="{}")
    with pytest.raises(ClientError, match="does not exist"):
        iam.attach_role_policy(RoleName="api", PolicyArn=f"arn:aws:iam::aws:policy/{name}")


def test_instance_types_their_offerings_and_public_images_exist(plane: Plane) -> None:
    ec2 = plane.client("ec2")
    types = ec2.describe_instance_types(InstanceTypes=["t3.micro"])["InstanceTypes"]
    offerings = ec2.describe_instance_type_offerings(
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}],
    )["InstanceTypeOfferings"]
    image = ec2.describe_images(
        Owners=["amazon"], Filters=[{"Name": "name", "Values": ["al2023-ami-2023*x86_64"]}]
    )["Images"][0]
    started = ec2.run_instances(
        ImageId=image["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1
    )
    assert types[0]["MemoryInfo"] == {"SizeInMiB": 1024}
    assert {each["Location"] for each in offerings} == {"eu-west-1a", "eu-west-1b", "eu-west-1c"}
    assert {each["LocationType"] for each in offerings} == {"availability-zone"}
    assert started["Instances"][0]["ImageId"] == image["ImageId"]


def test_moto_keeps_no_reference_to_a_deleted_resource(plane: Plane) -> None:
    from moto.logs.models import LogEvent

    LogEvent(1, {"timestamp": 2, "message": "text"})
    assert LogEvent.instances_tracked == []
