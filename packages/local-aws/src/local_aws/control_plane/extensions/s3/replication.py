"""Replication of S3 objects by the rules and the role of a bucket's configuration.

Replicated are new objects with metadata, tags, ACL and version id, later changes of tags and ACLs,
and delete markers if a rule says so. Not replicated are deleted versions, replicas, and objects
that are older than the rules.

Source: S3 user guide, "Replicating objects", "Getting replication status information" and
"Setting up permissions for live replication".
"""

from __future__ import annotations

import copy
import logging
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey, s3_backends

from local_aws.control_plane.extensions.s3.access_decision import (
    arn_of,
    decide_access,
    find_bucket,
    request_context,
)
from local_aws.control_plane.extensions.s3.replication_configuration import (
    Rule,
    matching_rules,
    rules,
)
from local_aws.control_plane.extensions.s3.requester import Requester, role_requester
from local_aws.control_plane.extensions.s3.required_permissions import Permission

_log = logging.getLogger("local_aws.control_plane")
_COMPLETED, _FAILED, _REPLICA = "COMPLETED", "FAILED", "REPLICA"
_OTHER_SUBRESOURCES = ("retention", "legal-hold", "partNumber", "restore", "select", "uploads")


def key_response(original: Any, response: Any, request: Any, full_url: str) -> Any:
    """Replicate what a successful request changed."""
    answer = original(response, request, full_url)
    query = set(response._get_querystring(request, full_url))
    if answer[0] < 300 and not query.intersection(_OTHER_SUBRESOURCES):
        _replicate(request.method, query, response.bucket_name, response.parse_key_name())
    return answer


def delete_objects(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    answer = original(backend, *args, **kwargs)
    bucket_name = args[0] if args else kwargs["bucket_name"]
    for name, _, marker in answer[0]:
        if marker:
            _replicate_marker(bucket_name, name)
    return answer


def response_dict(original: Any, key: Any) -> dict[str, Any]:
    """Add the replication status to the headers of GetObject and HeadObject."""
    headers: dict[str, Any] = original(key)
    status = _status_of(key)
    return headers | {"x-amz-replication-status": status} if status else headers


def _replicate(method: str, query: set[str], bucket_name: str, key_name: str) -> None:
    if query & {"tagging", "acl"}:
        if method in {"PUT", "DELETE"}:
            _replicate_changes(bucket_name, key_name)
    elif method == "PUT" or (method == "POST" and "uploadId" in query):
        _replicate_object(bucket_name, key_name)
    elif method == "DELETE" and not query & {"versionId", "uploadId"}:
        _replicate_marker(bucket_name, key_name)


def _replicate_object(bucket_name: str, key_name: str) -> None:
    bucket = _bucket(bucket_name)
    key = None if bucket is None else bucket.keys.get(key_name)
    if not isinstance(key, FakeKey) or _status_of(key) == _REPLICA:
        return
    copied = [_copy(bucket, key, rule) for rule in _rules_for(bucket, key)]
    if copied:
        key.replication_status = _COMPLETED if all(copied) else _FAILED


def _replicate_changes(bucket_name: str, key_name: str) -> None:
    """Replicate the tags and the ACL of every version that has a replica."""
    bucket = _bucket(bucket_name)
    for key in [] if bucket is None else bucket.keys.getlist(key_name, []):
        if _status_of(key) != _COMPLETED:
            continue
        for rule in rules(bucket.replication):
            replica = _version(_bucket(rule.destination), key_name, key.version_id)
            if replica is not None:
                replica.set_acl(key.acl)
                _copy_tags(key, replica)


def _replicate_marker(bucket_name: str, key_name: str) -> None:
    bucket = _bucket(bucket_name)
    marker = None if bucket is None else bucket.keys.get(key_name)
    if not isinstance(marker, FakeDeleteMarker):
        return
    for rule in matching_rules(_rules_of(bucket), key_name, {}, kms=False):
        destination = _bucket(rule.destination)
        there = None if destination is None else destination.keys.get(key_name)
        if (
            there is None
            or not rule.delete_markers
            or not _is_allowed(bucket, rule, "ReplicateDelete", key_name)
        ):
            continue
        replica = FakeDeleteMarker(key=there)
        replica._version_id = marker.version_id
        destination.keys[key_name] = replica


def _copy(bucket: Any, key: Any, rule: Rule) -> bool:
    """Create the replica, unless it exists. Return False, and log why, if that is impossible."""
    destination = _bucket(rule.destination)
    tags = _tags_of(key)
    if destination is None or not destination.is_versioned:
        _log.warning(
            "%s is not replicated: bucket %s is missing or not versioned",
            arn_of(Permission("", key.bucket_name, key.name)),
            rule.destination,
        )
        return False
    if not _is_allowed(bucket, rule, "ReplicateObject", key.name, tags=bool(tags)):
        return False
    if _version(destination, key.name, key.version_id) is None:
        replica = _replica(key, destination, rule)
        versions = destination.keys.getlist(key.name, [])
        destination.keys.setlist(key.name, [*versions, replica])
        _copy_tags(key, replica)
    return True


def _replica(key: Any, destination: Any, rule: Rule) -> Any:
    replica = copy.copy(key)
    replica._metadata = copy.copy(key._metadata)
    replica.multipart = None
    replica.bucket_name, replica.account_id = destination.name, destination.account_id
    replica.replication_status = _REPLICA
    replica.set_storage_class(rule.storage_class or key.storage_class)
    by_default = ((destination.encryption or {}).get("Rule") or {}).get(
        "ApplyServerSideEncryptionByDefault"
    ) or {}
    if rule.kms_key:
        replica.encryption, replica.kms_key_id = "aws:kms", rule.kms_key
    elif key.encryption != "aws:kms" and by_default:
        replica.encryption = by_default["SSEAlgorithm"]
        replica.kms_key_id = by_default.get("KMSMasterKeyID")
    return replica


def _is_allowed(bucket: Any, rule: Rule, action: str, key_name: str, *, tags: bool = False) -> bool:
    """Return whether the role of the configuration has all permissions that this needs."""
    permissions = [
        Permission("s3:GetReplicationConfiguration", bucket.name),
        Permission("s3:ListBucket", bucket.name),
        Permission(f"s3:{action}", rule.destination, key_name),
    ]
    if action == "ReplicateObject":
        permissions.append(Permission("s3:GetObjectVersionForReplication", bucket.name, key_name))
        permissions.append(Permission("s3:GetObjectVersionAcl", bucket.name, key_name))
    if tags:
        permissions.append(Permission("s3:GetObjectVersionTagging", bucket.name, key_name))
        permissions.append(Permission("s3:ReplicateTags", rule.destination, key_name))
    role: Requester = role_requester(bucket.replication["Role"])
    for permission in permissions:
        decision = decide_access(role, permission, request_context({}, {}))
        if not decision.allowed:
            _log.warning(
                "rule %s of bucket %s: its role is denied %s on %s: %s",
                *(rule.id, bucket.name, permission.action, arn_of(permission), decision.detail),
            )
            return False
    return True


def _rules_for(bucket: Any, key: Any) -> tuple[Rule, ...]:
    kms = key.encryption in {"aws:kms", "aws:kms:dsse"}
    return matching_rules(_rules_of(bucket), key.name, _tags_of(key), kms=kms)


def _rules_of(bucket: Any) -> tuple[Rule, ...]:
    replication = getattr(bucket, "replication", None)
    return rules(replication) if replication and bucket.is_versioned else ()


def _status_of(key: Any) -> str | None:
    status: str | None = getattr(key, "replication_status", None)
    return status


def _bucket(name: str) -> Any:
    return find_bucket(name)[1]


def _version(bucket: Any, key_name: str, version_id: str) -> Any:
    versions = [] if bucket is None else bucket.keys.getlist(key_name, [])
    return next((each for each in versions if each.version_id == version_id), None)


def _tags_of(key: Any) -> dict[str, str]:
    tags: dict[str, str] = _tagger(key).get_tag_dict_for_resource(key.arn)
    return tags


def _copy_tags(key: Any, replica: Any) -> None:
    tagger = _tagger(replica)
    tagger.delete_all_tags_for_resource(replica.arn)
    tagger.tag_resource(replica.arn, tagger.convert_dict_to_tags_input(_tags_of(key)))


def _tagger(key: Any) -> Any:
    return s3_backends[key.account_id][key.partition].tagger
