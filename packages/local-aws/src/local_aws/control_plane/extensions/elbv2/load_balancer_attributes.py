"""Attributes of a load balancer: deletion protection, and access to the bucket for its logs.

A load balancer writes a test file when its logs are enabled, as on AWS. A bucket policy must name
the log delivery service: the account ids that wrote logs before August 2022 are not known here.

Source: Application Load Balancers guide, "Enable access logs" and "Enable connection logs"; Elastic
Load Balancing API reference, DeleteLoadBalancer and LoadBalancerAttribute.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.s3.models import s3_backends

from local_aws.control_plane.extensions.s3.access_decision import (
    decide_access,
    find_bucket,
    request_context,
)
from local_aws.control_plane.extensions.s3.requester import LOG_DELIVERY
from local_aws.control_plane.extensions.s3.required_permissions import Permission
from local_aws.iam import MalformedPolicyError

_log = logging.getLogger("local_aws.control_plane")

_TEST_FILES = {"access_logs": "ELBAccessLogTestFile", "connection_logs": "ELBConnectionLogTestFile"}
_TITLES = {"access_logs": "AccessLog", "connection_logs": "ConnectionLog"}


def delete_load_balancer(original: Any, backend: Any, arn: str) -> Any:
    balancer = backend.load_balancers.get(arn)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    return original(backend, arn)


def modify_load_balancer_attributes(
    original: Any, backend: Any, arn: str, attrs: dict[str, Any]
) -> Any:
    balancer = backend.load_balancers.get(arn)
    if balancer is not None:
        wanted = {**balancer.attrs, **attrs}
        for kind in _TEST_FILES:
            changed = any(name.startswith(f"{kind}.s3.") for name in attrs)
            if changed and wanted.get(f"{kind}.s3.enabled") == "true":
                _write_test_file(backend, arn, kind, wanted)
    return original(backend, arn, attrs)


def _write_test_file(backend: Any, arn: str, kind: str, wanted: dict[str, Any]) -> None:
    """Raise the error of ModifyLoadBalancerAttributes if the service cannot write."""
    name = wanted.get(f"{kind}.s3.bucket") or ""
    prefix = (wanted.get(f"{kind}.s3.prefix") or "").strip("/")
    folder = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    key = f"{folder}/{backend.account_id}/{_TEST_FILES[kind]}"
    owner, bucket = find_bucket(name)
    reason = _obstacle(bucket, key, backend.region_name)
    if reason is not None:
        _log.warning("load balancers cannot write to s3://%s/%s: %s", name, key, reason)
        raise ELBClientError(
            "InvalidConfigurationRequest",
            f"Access Denied for bucket: {name}. Please check S3bucket permission",
        )
    balancer = arn.rpartition("loadbalancer/")[2]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = f"Enable {_TITLES[kind]} for ELB: {balancer} at {now}"
    s3_backends[owner][bucket.partition].put_object(name, key, text.encode())


def _obstacle(bucket: Any, key: str, region: str) -> str | None:
    """Return why the service cannot write the object, or None."""
    if bucket is None:
        return "the bucket does not exist"
    if bucket.region_name != region:
        return f"the bucket is in {bucket.region_name}, the load balancer in {region}"
    if "aws:kms" in str(bucket.encryption):
        return "the service cannot write to a bucket that is encrypted with a KMS key"
    try:
        permission = Permission("s3:PutObject", bucket.name, key)
        decision = decide_access(LOG_DELIVERY, permission, request_context({}, {}))
    except MalformedPolicyError as error:
        return str(error)
    return None if decision.allowed else decision.detail
