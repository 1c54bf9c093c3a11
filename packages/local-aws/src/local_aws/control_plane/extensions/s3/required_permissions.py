"""Permissions that a request to S3 requires.

Source: S3 user guide, "Required permissions for Amazon S3 API operations".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

_BUCKET = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "AnalyticsConfiguration",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "inventory": "InventoryConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "metrics": "MetricsConfiguration",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
"""Actions by query parameter, without ``Get`` or ``Put``; few have a ``Delete`` action."""

_WITH_DELETE = frozenset({"policy", "website"})
_LISTS = {"versions": "ListBucketVersions", "uploads": "ListBucketMultipartUploads"}
_OBJECT = {"acl": "Acl", "tagging": "Tagging", "torrent": "Torrent"}
_UNVERSIONED = {"attributes": "Attributes", "legal-hold": "LegalHold", "retention": "Retention"}


@dataclass(frozen=True, slots=True)
class Permission:
    """An action like ``s3:GetObject`` on an object, or on the bucket if ``key`` is empty."""

    action: str
    bucket: str
    key: str = ""


def required_permissions(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], bucket: str, key: str
) -> tuple[Permission, ...]:
    """Return all permissions that the caller needs; header names are in lower case.

    A preflight request needs none. DeleteObjects is authorized for each key.
    """
    if method == "OPTIONS":
        return ()
    if not bucket:
        return (Permission("s3:ListAllMyBuckets", "*"),)
    if not key:
        action = _of_bucket(method, query)
        return (Permission(f"s3:{action}", bucket),) if action else ()
    return tuple(_of_object(method, query, headers, bucket, key))


def _of_bucket(method: str, query: Mapping[str, str]) -> str | None:
    named = next((each for each in _BUCKET if each in query), None)
    if method == "POST":
        return None if "delete" in query else "PutObject"
    if named is not None and method == "GET":
        return f"Get{_BUCKET[named]}"
    if named is not None and method in {"PUT", "DELETE"}:
        has_delete = method == "DELETE" and named in _WITH_DELETE
        return f"{'Delete' if has_delete else 'Put'}{_BUCKET[named]}"
    if method in {"GET", "HEAD"}:
        return next((action for each, action in _LISTS.items() if each in query), "ListBucket")
    return "CreateBucket" if method == "PUT" else "DeleteBucket"


def _of_object(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], bucket: str, key: str
) -> Iterator[Permission]:
    if "uploadId" in query and method in {"GET", "DELETE"}:
        action = "ListMultipartUploadParts" if method == "GET" else "AbortMultipartUpload"
        yield Permission(f"s3:{action}", bucket, key)
        return
    if method == "POST":
        action = "RestoreObject" if "restore" in query else "PutObject"
        yield Permission("s3:GetObject" if "select" in query else f"s3:{action}", bucket, key)
        return
    verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method, "Get")
    version = "Version" if query.get("versionId") else ""
    unversioned = next((each for each in _UNVERSIONED if each in query), None)
    if unversioned is not None:
        yield Permission(f"s3:{verb}Object{_UNVERSIONED[unversioned]}", bucket, key)
        return
    part = next((name for each, name in _OBJECT.items() if each in query), "")
    yield Permission(f"s3:{verb}Object{version}{part}", bucket, key)
    if method == "PUT" and not part:
        yield from _with_put(headers, bucket, key)


def _with_put(headers: Mapping[str, str], bucket: str, key: str) -> Iterator[Permission]:
    if headers.get("x-amz-tagging"):
        yield Permission("s3:PutObjectTagging", bucket, key)
    if any(each == "x-amz-acl" or each.startswith("x-amz-grant-") for each in headers):
        yield Permission("s3:PutObjectAcl", bucket, key)
    if source := headers.get("x-amz-copy-source"):
        path, _, query = source.partition("?")
        version = "Version" if parse_qs(query).get("versionId") else ""
        other, _, other_key = unquote(path).lstrip("/").partition("/")
        yield Permission(f"s3:GetObject{version}", other, other_key)
