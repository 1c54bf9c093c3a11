"""Objects are copied to where a bucket's replication rules lead, by the role that they name.

What is copied: new objects with their metadata, tags, ACL and version id, later changes of tags
and ACLs, and delete markers where a rule says so. Never: the removal of a version, a replica, an
object from before the rules.

Source: S3 user guide, "Replicating objects", "Getting replication status information" and
"Setting up permissions for live replication".
"""

from __future__ import annotations

import copy
import logging
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response

from local_aws.control_plane.extensions.patching import around
from local_aws.control_plane.extensions.s3.replication_rules import Rule, chosen, rules
from local_aws.control_plane.extensions.s3.s3_actions import Need
from local_aws.control_plane.extensions.s3.s3_decision import (
    arn_of,
    circumstances,
    decision,
    find_bucket,
)
from local_aws.control_plane.extensions.s3.s3_requester import Requester, role_requester

_log = logging.getLogger("local_aws.control_plane")
_COMPLETED, _FAILED, _REPLICA = "COMPLETED", "FAILED", "REPLICA"
_NOT_CONTENT = ("retention", "legal-hold", "partNumber", "restore", "select", "uploads")


def install() -> None:
    """Replicate after what moto has done with success; GET and HEAD then say so."""

    @around(S3Response, "_key_response")
    def key(original: Any, response: Any, request: Any, full_url: str) -> Any:
        answer = original(response, request, full_url)
        query = set(response._get_querystring(request, full_url))
        if answer[0] < 300 and not query.intersection(_NOT_CONTENT):
            _after(request.method, query, response.bucket_name, response.parse_key_name())
        return answer

    @around(S3Backend, "delete_objects")
    def delete_objects(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(backend, *args, **kwargs)
        bucket_name = args[0] if args else kwargs["bucket_name"]
        for name, _, marker in answer[0]:
            if marker:
                _replicate_marker(bucket_name, name)
        return answer

    _show_status()


def _after(method: str, query: set[str], bucket_name: str, key_name: str) -> None:
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
    wanted = _rules_for(bucket, key)
    done = [_copy(bucket, key, rule) for rule in wanted]
    if done:
        key.replication_status = _COMPLETED if all(done) else _FAILED


def _replicate_changes(bucket_name: str, key_name: str) -> None:
    """New tags or another ACL of a version that has a replica."""
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
    for rule in chosen(_rules_of(bucket), key_name, {}, kms=False):
        destination = _bucket(rule.destination)
        there = None if destination is None else destination.keys.get(key_name)
        if (
            there is None
            or not rule.delete_markers
            or not _may(bucket, rule, "ReplicateDelete", key_name)
        ):
            continue
        replica = FakeDeleteMarker(key=there)
        replica._version_id = marker.version_id
        destination.keys[key_name] = replica


def _copy(bucket: Any, key: Any, rule: Rule) -> bool:
    """Whether the replica is there; the log says why if it is not."""
    destination = _bucket(rule.destination)
    tags = _tags_of(key)
    if destination is None or not destination.is_versioned:
        _log.warning("%s is not replicated: %s is gone", arn_of(_need(key)), rule.destination)
        return False
    if not _may(bucket, rule, "ReplicateObject", key.name, tags=bool(tags)):
        return False
    if _version(destination, key.name, key.version_id) is None:
        replica = _replica(key, destination, rule)
        kept = destination.keys.getlist(key.name, [])
        destination.keys.setlist(key.name, [*kept, replica])
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


def _may(bucket: Any, rule: Rule, action: str, key_name: str, *, tags: bool = False) -> bool:
    """Whether the role of the configuration may do all that this takes, as on AWS."""
    needed = [
        Need("s3:GetReplicationConfiguration", bucket.name),
        Need("s3:ListBucket", bucket.name),
        Need(f"s3:{action}", rule.destination, key_name),
    ]
    if action == "ReplicateObject":
        needed.append(Need("s3:GetObjectVersionForReplication", bucket.name, key_name))
        needed.append(Need("s3:GetObjectVersionAcl", bucket.name, key_name))
    if tags:
        needed.append(Need("s3:GetObjectVersionTagging", bucket.name, key_name))
        needed.append(Need("s3:ReplicateTags", rule.destination, key_name))
    role: Requester = role_requester(bucket.replication["Role"])
    for need in needed:
        made = decision(role, need, circumstances({}, {}))
        if not made.allowed:
            _log.warning(
                "rule %s of %s replicates nothing: %s on %s is denied to its role: %s",
                *(rule.id, bucket.name, need.action, arn_of(need), made.detail),
            )
            return False
    return True


def _rules_for(bucket: Any, key: Any) -> tuple[Rule, ...]:
    kms = key.encryption in {"aws:kms", "aws:kms:dsse"}
    return chosen(_rules_of(bucket), key.name, _tags_of(key), kms=kms)


def _rules_of(bucket: Any) -> tuple[Rule, ...]:
    replication = getattr(bucket, "replication", None)
    return rules(replication) if replication and bucket.is_versioned else ()


def _show_status() -> None:
    """Of an object that rules have been applied to, in the header that GET and HEAD have for it."""
    plain = FakeKey.response_dict.fget

    def response_dict(key: Any) -> dict[str, Any]:
        headers: dict[str, Any] = plain(key)
        status = _status_of(key)
        return headers | {"x-amz-replication-status": status} if status else headers

    FakeKey.response_dict = property(response_dict)


def _status_of(key: Any) -> str | None:
    status: str | None = getattr(key, "replication_status", None)
    return status


def _need(key: Any) -> Need:
    return Need("s3:GetObject", key.bucket_name, key.name)


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
