from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws.control_plane.http import Request
from local_aws_tests.plane import DEV, PROD, REGION, Plane

BUCKET = "documents"
EVERYTHING = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(condition: dict[str, Any], **changes: Any) -> str:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": EVERYTHING}
    return policy(statement | {"Condition": condition} | changes)


class World:
    """A bucket with a document, and a function that reads it from private subnets."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.s3 = plane.create_bucket(BUCKET)
        self.s3.put_object(Bucket=BUCKET, Key="foo.json", Body=b"{}")
        self.iam, self.ec2 = plane.client("iam"), plane.client("ec2")
        self.role = plane.create_role()
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"]
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet["SubnetId"])
        network = {"SubnetIds": [self.subnet["SubnetId"]], "SecurityGroupIds": []}
        plane.create_function(self.role, VpcConfig=network)
        self.worker = plane.client("s3", plane.session(self.role, "api"))

    def endpoint(self, document: str | None = None) -> str:
        policy = {"PolicyDocument": document} if document else {}
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{REGION}.s3",
            RouteTableIds=[self.table],
            **policy,
        )
        identifier: str = made["VpcEndpoint"]["VpcEndpointId"]
        return identifier

    def allow(self, *statements: dict[str, Any]) -> None:
        self.iam.put_role_policy(
            RoleName="api", PolicyName="documents", PolicyDocument=policy(*statements)
        )

    def restrict(self, document: str) -> None:
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=document)


@pytest.fixture
def world(plane: Plane) -> World:
    return World(plane)


def outcome(s3: Any, key: str = "foo.json", **more: str) -> str:
    """Return ``ok``, or the code of the error."""
    try:
        s3.get_object(Bucket=BUCKET, Key=key, **more)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def test_a_policy_against_plain_http_denies_no_request(world: World) -> None:
    world.restrict(deny({"Bool": {"aws:SecureTransport": "false"}}))
    world.s3.put_object(Bucket=BUCKET, Key="bar.json", Body=b"{}")
    assert outcome(world.s3, "bar.json") == "ok"


def test_a_denied_request_gets_the_message_of_aws_and_a_log_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.restrict(
        deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, Action="s3:GetObject", Sid="Vpce")
    )
    with pytest.raises(ClientError) as denied, caplog.at_level(logging.WARNING):
        world.s3.get_object(Bucket=BUCKET, Key="foo.json")
    error = denied.value.response
    assert (error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Code"]) == (
        403,
        "AccessDenied",
    )
    assert error["Error"]["Message"] == (
        f"User: arn:aws:sts::{DEV}:assumed-role/local-aws/test is not authorized to perform: "
        f's3:GetObject on resource: "arn:aws:s3:::{BUCKET}/foo.json" '
        "with an explicit deny in a resource-based policy"
    )
    assert f"statement Vpce of the policy of {BUCKET} denies it" in caplog.text


def test_a_policy_may_exclude_a_role(world: World) -> None:
    others = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{DEV}:role/local-aws"}}
    world.restrict(deny({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}} | others))
    assert outcome(world.s3) == "ok"
    other = world.plane.client("s3", world.plane.session(f"arn:aws:iam::{DEV}:role/other"))
    assert outcome(other) == "AccessDenied"


def test_a_policy_may_limit_a_listing_to_a_prefix(world: World) -> None:
    world.restrict(deny({"StringNotLike": {"s3:prefix": "public/*"}}, Action="s3:ListBucket"))
    world.s3.list_objects_v2(Bucket=BUCKET, Prefix="public/a")
    with pytest.raises(ClientError, match="AccessDenied"):
        world.s3.list_objects_v2(Bucket=BUCKET)


def test_a_policy_may_require_encryption(world: World) -> None:
    world.restrict(
        deny({"Null": {"s3:x-amz-server-side-encryption": "true"}}, Action="s3:PutObject")
    )
    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"", ServerSideEncryption="AES256")
    with pytest.raises(ClientError, match="AccessDenied"):
        world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"")


def test_a_policy_may_test_the_tags_of_an_object(world: World) -> None:
    world.restrict(
        deny({"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}}, Action="s3:GetObject")
    )
    world.s3.put_object(Bucket=BUCKET, Key="b", Body=b"", Tagging="secret=yes")
    assert (outcome(world.s3, "foo.json"), outcome(world.s3, "b")) == ("ok", "AccessDenied")


def test_a_deleted_object_is_missing(world: World) -> None:
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    world.s3.delete_object(Bucket=BUCKET, Key="foo.json")
    with pytest.raises(ClientError) as missing:
        world.s3.get_object(Bucket=BUCKET, Key="foo.json")
    assert missing.value.response["Error"]["Code"] == "NoSuchKey"
    world.s3.put_object(Bucket=BUCKET, Key="foo.json", Body=b"{}")


def test_delete_objects_deletes_the_allowed_keys_only(world: World) -> None:
    world.restrict(
        policy(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:DeleteObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/protected&/*",
            }
        )
    )
    for key in ("a", "protected&/b"):
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    keys = [{"Key": "a"}, {"Key": "protected&/b"}]
    answer = world.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
    assert [each["Key"] for each in answer["Deleted"]] == ["a"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("protected&/b", "AccessDenied")
    ]
    left = world.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [each["Key"] for each in left] == ["foo.json", "protected&/b"]


def test_a_malformed_policy_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match=r"MalformedPolicy.*StringIs is not a condition"):
        world.restrict(deny({"StringIs": {"a": "b"}}))
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        world.s3.get_bucket_policy(Bucket=BUCKET)


def test_another_account_needs_the_bucket_policy(world: World) -> None:
    other = world.plane.client("s3", world.plane.session(f"arn:aws:iam::{PROD}:role/local-aws"))
    assert outcome(other) == "AccessDenied"
    world.restrict(policy(READ | {"Principal": {"AWS": PROD}}))
    assert outcome(other) == "ok"


def test_an_anonymous_request_reads_public_objects_only(world: World) -> None:
    def read() -> int:
        request = Request("GET", f"/{BUCKET}/foo.json", "", (("host", "127.0.0.1:4747"),), b"")
        return world.plane.handle(request).status

    assert read() == 403
    world.restrict(policy(READ | {"Principal": "*"}))
    assert read() == 200
    block = {"RestrictPublicBuckets": True}
    world.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)
    assert read() == 403


def test_a_signed_url_has_the_permissions_of_its_signer(world: World) -> None:
    url = world.s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "foo.json"})
    _, _, query = url.partition("?")
    host = (("host", "127.0.0.1:4747"),)
    signed = Request("GET", f"/{BUCKET}/foo.json", query, host, b"")
    assert world.plane.handle(signed).status == 200


def test_a_worker_has_the_permissions_of_its_role(world: World) -> None:
    world.endpoint()
    assert outcome(world.worker) == "AccessDenied"
    world.allow(READ)
    assert outcome(world.worker) == "ok"
    with pytest.raises(ClientError, match="no identity-based policy allows the s3:PutObject"):
        world.worker.put_object(Bucket=BUCKET, Key="x", Body=b"")


def test_a_missing_key_is_a_403_without_the_permission_to_list(world: World) -> None:
    world.endpoint()
    world.allow(READ)
    assert outcome(world.worker, "none.json") == "AccessDenied"
    with pytest.raises(ClientError, match="403"):
        world.worker.head_object(Bucket=BUCKET, Key="none.json")
    world.allow(READ, LIST)
    assert outcome(world.worker, "none.json") == "NoSuchKey"
    with pytest.raises(ClientError, match="404"):
        world.worker.head_object(Bucket=BUCKET, Key="none.json")


def test_managed_policies_and_the_boundary_apply_to_a_worker(world: World) -> None:
    world.endpoint()
    create = world.iam.create_policy
    managed = create(PolicyName="read", PolicyDocument=policy(READ))["Policy"]["Arn"]
    world.iam.attach_role_policy(RoleName="api", PolicyArn=managed)
    assert outcome(world.worker) == "ok"
    limit = create(PolicyName="limit", PolicyDocument=policy(LIST))["Policy"]["Arn"]
    world.iam.put_role_permissions_boundary(RoleName="api", PermissionsBoundary=limit)
    assert outcome(world.worker) == "AccessDenied"
    of_aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    world.iam.put_role_permissions_boundary(RoleName="api", PermissionsBoundary=of_aws)
    assert outcome(world.worker) == "ok"


def test_a_worker_uses_the_vpc_endpoint_of_its_subnets(world: World) -> None:
    world.allow(READ)
    endpoint = world.endpoint()
    other_endpoint = {"StringNotEquals": {"aws:SourceVpce": endpoint}}
    world.restrict(deny(other_endpoint, Action="s3:GetObject"))
    assert (outcome(world.worker), outcome(world.s3)) == ("ok", "AccessDenied")
    world.restrict(deny({"StringEquals": {"aws:SourceVpc": world.vpc}}, Action="s3:GetObject"))
    assert (outcome(world.worker), outcome(world.s3)) == ("AccessDenied", "ok")


def test_a_request_through_an_endpoint_has_no_source_ip(world: World) -> None:
    world.allow(READ)
    world.endpoint()
    world.restrict(deny({"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}, Action="s3:GetObject"))
    assert (outcome(world.worker), outcome(world.s3)) == ("AccessDenied", "ok")


def test_the_endpoint_policy_must_allow_the_request(world: World) -> None:
    world.allow(READ, LIST)
    world.endpoint(policy(READ | {"Principal": "*"}))
    assert outcome(world.worker) == "ok"
    with pytest.raises(ClientError, match="no VPC endpoint policy allows the s3:ListBucket"):
        world.worker.list_objects_v2(Bucket=BUCKET)


def test_a_function_without_a_route_does_not_reach_s3(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.allow(READ)
    assert outcome(world.worker) == "AccessDenied"
    assert "lead neither to an endpoint for S3 nor out" in caplog.text
    address = world.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = world.ec2.create_nat_gateway(SubnetId=world.subnet["SubnetId"], AllocationId=address)
    world.ec2.create_route(
        RouteTableId=world.table,
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId=nat["NatGateway"]["NatGatewayId"],
    )
    assert outcome(world.worker) == "ok"


def test_another_session_of_the_role_is_not_a_worker(world: World) -> None:
    person = world.plane.client("s3", world.plane.session(world.role, "a-person"))
    assert outcome(person) == "ok"
