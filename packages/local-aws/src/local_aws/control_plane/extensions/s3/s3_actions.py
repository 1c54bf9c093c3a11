"""Which permissions a request to S3 needs.

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
"""What a query parameter names, for ``Get…`` and ``Put…``; S3 has few ``Delete…`` of its own."""

_OWN_DELETE = frozenset({"policy", "website"})
_LISTS = {"versions": "ListBucketVersions", "uploads": "ListBucketMultipartUploads"}
_OBJECT = {"acl": "Acl", "tagging": "Tagging", "torrent": "Torrent"}
_OBJECT_ALONE = {"attributes": "Attributes", "legal-hold": "LegalHold", "retention": "Retention"}


@dataclass(frozen=True, slots=True)
class Need:
    """``action`` is like ``s3:GetObject``; without a key it is on the bucket itself."""

    action: str
    bucket: str
    key: str = ""


def needs(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], bucket: str, key: str
) -> tuple[Need, ...]:
    """All that the caller must be allowed to do, header names being in lower case.

    Nothing for a preflight request, and for DeleteObjects, which is decided key by key.
    """
    if method == "OPTIONS":
        return ()
    if not bucket:
        return (Need("s3:ListAllMyBuckets", "*"),)
    if not key:
        action = _of_bucket(method, query)
        return (Need(f"s3:{action}", bucket),) if action else ()
    return tuple(_of_object(method, query, headers, bucket, key))


def _of_bucket(method: str, query: Mapping[str, str]) -> str | None:
    named = next((each for each in _BUCKET if each in query), None)
    if method == "POST":
        return None if "delete" in query else "PutObject"
    if named is not None and method == "GET":
        return f"Get{_BUCKET[named]}"
    if named is not None and method in {"PUT", "DELETE"}:
        own = method == "DELETE" and named in _OWN_DELETE
        return f"{'Delete' if own else 'Put'}{_BUCKET[named]}"
    if method in {"GET", "HEAD"}:
        return next((action for each, action in _LISTS.items() if each in query), "ListBucket")
    return "CreateBucket" if method == "PUT" else "DeleteBucket"


def _of_object(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], bucket: str, key: str
) -> Iterator[Need]:
    if "uploadId" in query and method in {"GET", "DELETE"}:
        action = "ListMultipartUploadParts" if method == "GET" else "AbortMultipartUpload"
        yield Need(f"s3:{action}", bucket, key)
        return
    if method == "POST":
        action = "RestoreObject" if "restore" in query else "PutObject"
        yield Need("s3:GetObject" if "select" in query else f"s3:{action}", bucket, key)
        return
    verb = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method, "Get")
    version = "Version" if query.get("versionId") else ""
    alone = next((each for each in _OBJECT_ALONE if each in query), None)
    if alone is not None:
        yield Need(f"s3:{verb}Object{_OBJECT_ALONE[alone]}", bucket, key)
        return
    part = next((name for each, name in _OBJECT.items() if each in query), "")
    yield Need(f"s3:{verb}Object{version}{part}", bucket, key)
    if method == "PUT" and not part:
        yield from _beside_put(headers, bucket, key)


def _beside_put(headers: Mapping[str, str], bucket: str, key: str) -> Iterator[Need]:
    if headers.get("x-amz-tagging"):
        yield Need("s3:PutObjectTagging", bucket, key)
    if any(each == "x-amz-acl" or each.startswith("x-amz-grant-") for each in headers):
        yield Need("s3:PutObjectAcl", bucket, key)
    if source := headers.get("x-amz-copy-source"):
        path, _, query = source.partition("?")
        version = "Version" if parse_qs(query).get("versionId") else ""
        other, _, other_key = unquote(path).lstrip("/").partition("/")
        yield Need(f"s3:GetObject{version}", other, other_key)
