"""Replication configuration of a bucket: its rules, validated and shown with filters.

Source: S3 API reference, PutBucketReplication, GetBucketReplication and ReplicationRule; S3 user
guide, "Replication configuration file elements" and "What is and isn't replicated".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import ReplicationConfigurationNotFoundError, S3ClientError

from local_aws.control_plane.extensions.s3.access_decision import find_bucket


@dataclass(frozen=True, slots=True)
class Rule:
    """``destination`` is a bucket name; ``kms_key`` encrypts the replicas, None is a key of S3."""

    id: str
    enabled: bool
    priority: int
    prefix: str
    tags: tuple[tuple[str, str], ...]
    destination: str
    storage_class: str | None
    kms_key: str | None
    kms_objects: bool
    delete_markers: bool

    def matches(self, key: str, tags: Mapping[str, str], *, kms: bool) -> bool:
        """``kms``: the object is encrypted with a KMS key; a rule must include such objects."""
        return (
            self.enabled
            and key.startswith(self.prefix)
            and all(tags.get(name) == value for name, value in self.tags)
            and (self.kms_objects or not kms)
        )


def rules(configuration: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Parse the rules of a ReplicationConfiguration, nested as in its XML."""
    return tuple(_rule(each) for each in _list(configuration.get("Rule")))


def matching_rules(
    found: Iterable[Rule], key: str, tags: Mapping[str, str], *, kms: bool
) -> tuple[Rule, ...]:
    """Return the rules that copy an object: the first by priority for each destination."""
    best: dict[str, Rule] = {}
    for rule in sorted(found, key=lambda each: each.priority):
        if rule.matches(key, tags, kms=kms):
            best[rule.destination] = rule
    return tuple(best.values())


def _rule(content: Mapping[str, Any]) -> Rule:
    filters = content.get("Filter") or {}
    both = filters.get("And") or {}
    tags = _list(both.get("Tag")) + _list(filters.get("Tag"))
    destination = content["Destination"]
    criteria = content.get("SourceSelectionCriteria") or {}
    encryption = destination.get("EncryptionConfiguration") or {}
    prefix = both.get("Prefix") or filters.get("Prefix") or content.get("Prefix") or ""
    return Rule(
        id=content["ID"],
        enabled=content["Status"] == "Enabled",
        priority=int(content.get("Priority") or 0),
        prefix=prefix,
        tags=tuple((tag["Key"], tag.get("Value") or "") for tag in tags),
        destination=destination["Bucket"].rpartition(":")[2],
        storage_class=destination.get("StorageClass"),
        kms_key=encryption.get("ReplicaKmsKeyID"),
        kms_objects=_is_enabled(criteria.get("SseKmsEncryptedObjects")),
        delete_markers=_is_enabled(content.get("DeleteMarkerReplication")) and not tags,
    )


def _is_enabled(element: Any) -> bool:
    return bool(element) and element.get("Status") == "Enabled"


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def put_bucket_replication(
    original: Any, backend: Any, bucket_name: str, replication: dict[str, Any]
) -> Any:
    given = [{"ID": "", **rule} for rule in _list(replication["Rule"])]
    for rule in rules({"Rule": given}):
        destination = find_bucket(rule.destination)[1]
        if destination is None or not destination.is_versioned:
            raise S3ClientError(
                "InvalidRequest", "Destination bucket must have versioning enabled."
            )
    return original(backend, bucket_name, replication)


def get_bucket_replication(response: Any) -> Any:
    replication = response.backend.get_bucket_replication(response.bucket_name)
    if not replication:
        raise ReplicationConfigurationNotFoundError(bucket_name=response.bucket_name)
    response.data["Action"] = "GetBucketReplication"
    shown = [_shown(rule) for rule in replication["Rule"]]
    configuration = {"Role": replication["Role"], "Rules": shown}
    return response.serialized(ActionResult({"ReplicationConfiguration": configuration}))


def _shown(rule: dict[str, Any]) -> dict[str, Any]:
    """Rename elements: XML names a list after its items, the API after the list."""
    shown = dict(rule)
    if "Filter" in rule:
        filters = dict(rule["Filter"] or {"Prefix": ""})
        if "Prefix" in filters:
            filters["Prefix"] = filters["Prefix"] or ""
        if both := filters.get("And"):
            filters["And"] = {"Prefix": both.get("Prefix"), "Tags": _list(both.get("Tag"))}
        shown["Filter"] = filters
    return shown
