"""The replication configuration of a bucket: checked, and shown as it was put.

moto shows no filter, and no replication of delete markers, whatever was put.

Source: S3 API reference, PutBucketReplication and GetBucketReplication.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import ReplicationConfigurationNotFoundError, S3ClientError
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response

from local_aws.control_plane.extensions.patching import around
from local_aws.control_plane.extensions.s3.replication_rules import rules
from local_aws.control_plane.extensions.s3.s3_decision import find_bucket


def install() -> None:
    S3Response.get_bucket_replication = get_bucket_replication

    @around(S3Backend, "put_bucket_replication")
    def put(original: Any, backend: Any, bucket_name: str, replication: dict[str, Any]) -> Any:
        for rule in rules({"Rule": _identified(replication)}):
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


def _identified(replication: dict[str, Any]) -> list[dict[str, Any]]:
    given = replication["Rule"] if isinstance(replication["Rule"], list) else [replication["Rule"]]
    return [{"ID": "", **rule} for rule in given]


def _shown(rule: dict[str, Any]) -> dict[str, Any]:
    """XML names a list by its items, the API by the list."""
    shown = dict(rule)
    if "Filter" in rule:
        filters = dict(rule["Filter"] or {"Prefix": ""})
        if "Prefix" in filters:
            filters["Prefix"] = filters["Prefix"] or ""
        if both := filters.get("And"):
            tags = both.get("Tag", [])
            listed = tags if isinstance(tags, list) else [tags]
            filters["And"] = {"Prefix": both.get("Prefix"), "Tags": listed}
        shown["Filter"] = filters
    return shown
