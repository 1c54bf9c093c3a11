from __future__ import annotations

import pytest
from local_aws.control_plane.extensions.s3.required_permissions import (
    Permission,
    required_permissions,
)


def actions(method: str, query: str = "", key: str = "", **headers: str) -> list[str]:
    pairs = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found = required_permissions(method, pairs, named, "bucket", key)
    assert all(each.action.startswith("s3:") for each in found)
    return [each.action.removeprefix("s3:") for each in found]


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("GET", "ListBucket"),
        ("GET list-type=2&prefix=a", "ListBucket"),
        ("HEAD", "ListBucket"),
        ("GET versions", "ListBucketVersions"),
        ("GET uploads", "ListBucketMultipartUploads"),
        ("GET location", "GetBucketLocation"),
        ("GET encryption", "GetEncryptionConfiguration"),
        ("GET policyStatus", "GetBucketPolicyStatus"),
        ("GET publicAccessBlock", "GetBucketPublicAccessBlock"),
        ("GET lifecycle", "GetLifecycleConfiguration"),
        ("PUT", "CreateBucket"),
        ("PUT policy", "PutBucketPolicy"),
        ("PUT ownershipControls", "PutBucketOwnershipControls"),
        ("DELETE", "DeleteBucket"),
        ("DELETE policy", "DeleteBucketPolicy"),
        ("DELETE lifecycle", "PutLifecycleConfiguration"),
        ("DELETE tagging", "PutBucketTagging"),
        ("POST", "PutObject"),
    ],
)
def test_permissions_of_a_request_on_a_bucket(request_line: str, expected: str) -> None:
    method, _, query = request_line.partition(" ")
    assert actions(method, query) == [expected]


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("GET", "GetObject"),
        ("HEAD", "GetObject"),
        ("GET versionId=1", "GetObjectVersion"),
        ("GET acl", "GetObjectAcl"),
        ("GET acl&versionId=1", "GetObjectVersionAcl"),
        ("GET tagging&versionId=1", "GetObjectVersionTagging"),
        ("GET attributes", "GetObjectAttributes"),
        ("GET uploadId=1", "ListMultipartUploadParts"),
        ("PUT", "PutObject"),
        ("PUT uploadId=1&partNumber=2", "PutObject"),
        ("PUT retention", "PutObjectRetention"),
        ("PUT legal-hold", "PutObjectLegalHold"),
        ("DELETE", "DeleteObject"),
        ("DELETE versionId=1", "DeleteObjectVersion"),
        ("DELETE tagging", "DeleteObjectTagging"),
        ("DELETE uploadId=1", "AbortMultipartUpload"),
        ("POST uploads", "PutObject"),
        ("POST uploadId=1", "PutObject"),
        ("POST restore", "RestoreObject"),
        ("POST select", "GetObject"),
    ],
)
def test_permissions_of_a_request_on_an_object(request_line: str, expected: str) -> None:
    method, _, query = request_line.partition(" ")
    assert actions(method, query, "key") == [expected]


def test_an_upload_with_tags_and_an_acl_needs_their_permissions() -> None:
    found = actions("PUT", key="key", x_amz_tagging="a=b", x_amz_acl="private")
    assert found == ["PutObject", "PutObjectTagging", "PutObjectAcl"]


def test_a_copy_needs_the_permission_to_read_its_source() -> None:
    source = {"x-amz-copy-source": "/other/a%20b/c?versionId=7"}
    assert required_permissions("PUT", {}, source, "bucket", "key") == (
        Permission("s3:PutObject", "bucket", "key"),
        Permission("s3:GetObjectVersion", "other", "a b/c"),
    )


def test_a_preflight_request_and_delete_objects_need_no_permission() -> None:
    assert actions("OPTIONS", key="key") == actions("POST", "delete") == []


def test_the_list_of_buckets_needs_a_permission() -> None:
    assert required_permissions("GET", {}, {}, "", "") == (Permission("s3:ListAllMyBuckets", "*"),)
