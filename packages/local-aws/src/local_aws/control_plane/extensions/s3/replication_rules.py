"""Rules of a bucket's replication: which of them an object meets, and where each one leads.

Source: S3 API reference, ReplicationRule; S3 user guide, "Replication configuration file elements"
and "What is and isn't replicated".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """``destination`` is a bucket's name; ``kms_key`` encrypts the replicas there, None is S3's."""

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

    def meets(self, key: str, tags: Mapping[str, str], *, kms: bool) -> bool:
        """``kms`` says that the object is encrypted with a key, which a rule leaves out unasked."""
        tagged = all(tags.get(name) == value for name, value in self.tags)
        return (
            self.enabled
            and key.startswith(self.prefix)
            and tagged
            and (self.kms_objects or not kms)
        )


def rules(configuration: Mapping[str, Any]) -> tuple[Rule, ...]:
    """From a ReplicationConfiguration, as its XML nests."""
    return tuple(_rule(each) for each in _list(configuration.get("Rule")))


def chosen(
    found: Iterable[Rule], key: str, tags: Mapping[str, str], *, kms: bool
) -> tuple[Rule, ...]:
    """The rules that copy an object: for each destination the one of the highest priority."""
    best: dict[str, Rule] = {}
    for rule in sorted(found, key=lambda each: each.priority):
        if rule.meets(key, tags, kms=kms):
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
        kms_objects=_on(criteria.get("SseKmsEncryptedObjects")),
        delete_markers=_on(content.get("DeleteMarkerReplication")) and not tags,
    )


def _on(element: Any) -> bool:
    return bool(element) and element.get("Status") == "Enabled"


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
