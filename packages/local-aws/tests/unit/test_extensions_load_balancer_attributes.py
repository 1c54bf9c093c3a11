from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws.iam.principal import LOG_SERVICE
from local_aws_tests.plane import DEV, REGION, Plane

BUCKET = "the-logs"
WRITE = {
    "Effect": "Allow",
    "Principal": {"Service": LOG_SERVICE},
    "Action": "s3:PutObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/{DEV}/*",
}
KNOWN_SERVICE = {
    "StringEqualsIfExists": {"aws:SourceAccount": DEV},
    "Bool": {"aws:PrincipalIsAWSService": "true"},
}


@pytest.fixture
def s3(plane: Plane) -> Any:
    return plane.client("s3")


@pytest.fixture
def balancers(plane: Plane) -> Any:
    return plane.client("elbv2")


@pytest.fixture
def arn(plane: Plane) -> str:
    return plane.create_load_balancer()


def create_bucket(s3: Any, **statement: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    policy = {"Version": "2012-10-17", "Statement": [{**WRITE, **statement}]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def log(balancers: Any, arn: str, kind: str = "access_logs", prefix: str = "") -> None:
    wanted = {"enabled": "true", "bucket": BUCKET, "prefix": prefix}
    balancers.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[
            {"Key": f"{kind}.s3.{name}", "Value": value} for name, value in wanted.items() if value
        ],
    )


def keys(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.mark.parametrize("statement", [{}, {"Condition": KNOWN_SERVICE}, {"Principal": "*"}])
def test_enabling_logs_writes_a_test_file(
    balancers: Any, s3: Any, arn: str, statement: dict[str, Any]
) -> None:
    create_bucket(s3, **statement)
    log(balancers, arn)
    log(balancers, arn, "connection_logs")
    assert keys(s3) == [
        f"AWSLogs/{DEV}/ELBAccessLogTestFile",
        f"AWSLogs/{DEV}/ELBConnectionLogTestFile",
    ]
    body = s3.get_object(Bucket=BUCKET, Key=keys(s3)[0])["Body"].read().decode()
    assert body.startswith(f"Enable AccessLog for ELB: {arn.partition('loadbalancer/')[2]} at 2")


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"Service": "delivery.logs.amazonaws.com"}},
        {"Principal": {"AWS": f"arn:aws:iam::{DEV}:root"}},
        {"Action": "s3:GetObject"},
        {"Resource": f"arn:aws:s3:::{BUCKET}/logs/*"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": DEV}}},
        {"Effect": "Deny", "Principal": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": f"arn:aws:iam::{DEV}:root"}, "Principal": None},
    ],
)
def test_logs_are_refused_if_the_policy_does_not_allow_the_service(
    balancers: Any, s3: Any, arn: str, statement: dict[str, Any]
) -> None:
    create_bucket(s3)
    given = {key: value for key, value in {**WRITE, **statement}.items() if value is not None}
    policy = {"Version": "2012-10-17", "Statement": [given]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    with pytest.raises(ClientError, match=f"Access Denied for bucket: {BUCKET}") as refused:
        log(balancers, arn)
    assert refused.value.response["Error"]["Code"] == "InvalidConfigurationRequest"
    attributes = balancers.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "access_logs.s3.enabled", "Value": "true"} not in attributes


def test_the_test_file_has_the_prefix(balancers: Any, s3: Any, arn: str) -> None:
    create_bucket(s3, Resource=f"arn:aws:s3:::{BUCKET}/dev/AWSLogs/{DEV}/*")
    with pytest.raises(ClientError, match="Access Denied"):
        log(balancers, arn)
    log(balancers, arn, prefix="dev")
    assert keys(s3) == [f"dev/AWSLogs/{DEV}/ELBAccessLogTestFile"]


def test_the_bucket_must_exist_and_not_be_encrypted_with_a_kms_key(
    balancers: Any, s3: Any, arn: str
) -> None:
    with pytest.raises(ClientError, match="Access Denied"):
        log(balancers, arn)
    create_bucket(s3)
    log(balancers, arn)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    with pytest.raises(ClientError, match="Access Denied"):
        log(balancers, arn)


def test_the_bucket_must_be_in_the_region_of_the_load_balancer(
    balancers: Any, s3: Any, arn: str
) -> None:
    from local_aws.control_plane.extensions.s3.access_decision import find_bucket

    create_bucket(s3)
    _, bucket = find_bucket(BUCKET)
    bucket.region_name = "eu-central-1"
    with pytest.raises(ClientError, match="Access Denied"):
        log(balancers, arn)


def test_other_attributes_do_not_check_the_bucket(balancers: Any, s3: Any, arn: str) -> None:
    create_bucket(s3)
    log(balancers, arn)
    s3.delete_bucket_policy(Bucket=BUCKET)
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "30"}
    balancers.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])


def test_a_session_with_the_name_of_the_service_has_its_permissions(plane: Plane, s3: Any) -> None:
    create_bucket(s3)
    keys_of_service = plane.session(f"arn:aws:iam::{DEV}:role/local-aws", LOG_SERVICE)
    service = plane.client("s3", keys_of_service)
    service.put_object(Bucket=BUCKET, Key=f"AWSLogs/{DEV}/log.gz", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        service.put_object(Bucket=BUCKET, Key="elsewhere", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        service.get_object(Bucket=BUCKET, Key=f"AWSLogs/{DEV}/log.gz")


def protect(balancers: Any, arn: str, value: str) -> None:
    attribute = {"Key": "deletion_protection.enabled", "Value": value}
    balancers.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])


def test_a_protected_load_balancer_cannot_be_deleted(balancers: Any, arn: str) -> None:
    protect(balancers, arn, "true")
    with pytest.raises(ClientError, match="deletion protection is enabled") as refused:
        balancers.delete_load_balancer(LoadBalancerArn=arn)
    answer = refused.value.response
    assert answer["Error"]["Code"] == "OperationNotPermitted"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(balancers.describe_load_balancers()["LoadBalancers"]) == 1
    protect(balancers, arn, "false")
    balancers.delete_load_balancer(LoadBalancerArn=arn)
    assert balancers.describe_load_balancers()["LoadBalancers"] == []


def test_listeners_of_a_protected_load_balancer_can_be_deleted(balancers: Any, arn: str) -> None:
    protect(balancers, arn, "true")
    listener = balancers.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    balancers.delete_listener(ListenerArn=listener)
    assert balancers.describe_listeners(LoadBalancerArn=arn)["Listeners"] == []
