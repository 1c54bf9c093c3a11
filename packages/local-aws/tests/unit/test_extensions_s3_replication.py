from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_tests.plane import REGION, Plane

SOURCE, REPLICA = "documents", "documents-replica"
ALL = {"ID": "all", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""}}
NO_MARKERS = {"DeleteMarkerReplication": {"Status": "Disabled"}}
MARKERS = {"DeleteMarkerReplication": {"Status": "Enabled"}}


class World:
    """Two versioned buckets, and a role with the permissions to replicate."""

    def __init__(self, plane: Plane) -> None:
        self.iam = plane.client("iam")
        for name in (SOURCE, REPLICA):
            self.s3 = plane.create_bucket(name)
            enabled = {"Status": "Enabled"}
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)
        self.role = plane.create_role("replication")
        self.allow(f"arn:aws:s3:::{SOURCE}*", "s3:*")

    def allow(self, resource: str, *actions: str) -> None:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName="replication", PolicyName="p", PolicyDocument=policy)

    def replicate(self, **changes: Any) -> dict[str, Any]:
        destination = {"Bucket": f"arn:aws:s3:::{REPLICA}"} | changes.pop("Destination", {})
        rule = ALL | NO_MARKERS | {"Destination": destination} | changes
        configuration = {"Role": self.role, "Rules": [rule]}
        self.s3.put_bucket_replication(Bucket=SOURCE, ReplicationConfiguration=configuration)
        return configuration

    def put(self, key: str = "foo.json", **more: Any) -> str:
        version: str = self.s3.put_object(Bucket=SOURCE, Key=key, Body=b"{}", **more)["VersionId"]
        return version

    def status(self, key: str = "foo.json", bucket: str = SOURCE) -> str | None:
        found: str | None = self.s3.head_object(Bucket=bucket, Key=key).get("ReplicationStatus")
        return found

    def replicas(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=REPLICA).get("Contents", [])
        return [each["Key"] for each in found]


@pytest.fixture
def world(plane: Plane) -> World:
    return World(plane)


def test_a_replica_has_the_content_metadata_and_tags_of_the_object(world: World) -> None:
    world.replicate()
    version = world.put(
        Metadata={"team": "x"}, ContentType="application/json", Tagging="cost=1&team=x"
    )
    replica = world.s3.get_object(Bucket=REPLICA, Key="foo.json")
    assert (replica["Body"].read(), replica["VersionId"]) == (b"{}", version)
    assert (replica["Metadata"], replica["ContentType"]) == ({"team": "x"}, "application/json")
    tags = world.s3.get_object_tagging(Bucket=REPLICA, Key="foo.json")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"cost": "1", "team": "x"}
    assert (world.status(), world.status(bucket=REPLICA)) == ("COMPLETED", "REPLICA")


def test_copies_and_multipart_uploads_are_replicated(world: World) -> None:
    world.replicate()
    world.put("a")
    world.s3.copy_object(Bucket=SOURCE, Key="b", CopySource={"Bucket": SOURCE, "Key": "a"})
    upload = {"Bucket": SOURCE, "Key": "c"}
    upload["UploadId"] = world.s3.create_multipart_upload(**upload)["UploadId"]
    part = world.s3.upload_part(**upload, PartNumber=1, Body=b"parts")["ETag"]
    assert world.replicas() == ["a", "b"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    world.s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert world.replicas() == ["a", "b", "c"]


def test_only_new_objects_that_match_the_rule_are_replicated(world: World) -> None:
    world.put("public/before")
    world.replicate(Filter={"Prefix": "public/"})
    world.put("public/a")
    world.put("private/a")
    assert world.replicas() == ["public/a"]
    assert (world.status("private/a"), world.status("public/before")) == (None, None)


def test_the_deletion_of_a_version_is_not_replicated(world: World) -> None:
    world.replicate(**MARKERS)
    version = world.put()
    world.s3.delete_object(Bucket=SOURCE, Key="foo.json", VersionId=version)
    assert world.replicas() == ["foo.json"]


def test_a_delete_marker_is_replicated_only_if_the_rule_includes_it(world: World) -> None:
    world.replicate()
    world.put("a")
    world.s3.delete_object(Bucket=SOURCE, Key="a")
    world.replicate(**MARKERS)
    for key in ("b", "c"):
        world.put(key)
    marker = world.s3.delete_object(Bucket=SOURCE, Key="b")["VersionId"]
    world.s3.delete_objects(Bucket=SOURCE, Delete={"Objects": [{"Key": "c"}]})
    assert world.replicas() == ["a"]
    markers = world.s3.list_object_versions(Bucket=REPLICA, Prefix="b")["DeleteMarkers"]
    assert [each["VersionId"] for each in markers] == [marker]


def test_later_changes_of_tags_are_replicated(world: World) -> None:
    world.replicate()
    world.put()
    tags = [{"Key": "team", "Value": "y"}]
    world.s3.put_object_tagging(Bucket=SOURCE, Key="foo.json", Tagging={"TagSet": tags})
    found = world.s3.get_object_tagging(Bucket=REPLICA, Key="foo.json")["TagSet"]
    assert found == tags
    world.s3.delete_object_tagging(Bucket=SOURCE, Key="foo.json")
    assert world.s3.get_object_tagging(Bucket=REPLICA, Key="foo.json")["TagSet"] == []


def test_a_rule_sets_the_encryption_and_storage_class_of_replicas(world: World) -> None:
    key = f"arn:aws:kms:{REGION}:111111111111:key/k"
    world.replicate(
        SourceSelectionCriteria={"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        Destination={
            "StorageClass": "STANDARD_IA",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": key},
        },
    )
    world.put(ServerSideEncryption="aws:kms")
    replica = world.s3.head_object(Bucket=REPLICA, Key="foo.json")
    assert (replica["SSEKMSKeyId"], replica["StorageClass"]) == (key, "STANDARD_IA")


def test_without_a_key_a_replica_has_the_encryption_of_its_bucket(world: World) -> None:
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}
    }
    configuration = {"Rules": [rule]}
    world.s3.put_bucket_encryption(Bucket=REPLICA, ServerSideEncryptionConfiguration=configuration)
    world.replicate()
    world.put()
    assert world.s3.head_object(Bucket=REPLICA, Key="foo.json")["SSEKMSKeyId"] == "k"


def test_without_permissions_the_replication_fails(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.allow(f"arn:aws:s3:::{SOURCE}*", "s3:Get*", "s3:ListBucket")
    world.replicate()
    world.put()
    assert (world.status(), world.replicas()) == ("FAILED", [])
    assert (
        f"its role is denied s3:ReplicateObject on arn:aws:s3:::{REPLICA}/foo.json" in caplog.text
    )


def test_without_the_destination_the_replication_fails(world: World) -> None:
    world.replicate()
    world.s3.delete_bucket(Bucket=REPLICA)
    world.put()
    assert world.status() == "FAILED"


def test_a_destination_without_versions_is_refused(world: World) -> None:
    suspended = {"Status": "Suspended"}
    world.s3.put_bucket_versioning(Bucket=REPLICA, VersioningConfiguration=suspended)
    with pytest.raises(ClientError, match="Destination bucket must have versioning enabled"):
        world.replicate()


@pytest.mark.parametrize(
    "changes",
    [
        MARKERS | {"Filter": {"Prefix": "public/"}},
        {"Filter": {"Tag": {"Key": "team", "Value": "x"}}},
        {"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "team", "Value": "x"}]}}},
        {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}},
        {"Status": "Disabled"},
    ],
)
def test_a_configuration_is_returned_unchanged(world: World, changes: dict[str, Any]) -> None:
    put = world.replicate(**changes)
    shown = world.s3.get_bucket_replication(Bucket=SOURCE)["ReplicationConfiguration"]
    assert shown == put


def test_replicas_are_restored_from_a_snapshot(plane: Plane, world: World) -> None:
    world.replicate()
    world.put()
    plane.save_and_restore()
    assert (world.status(), world.status(bucket=REPLICA)) == ("COMPLETED", "REPLICA")
