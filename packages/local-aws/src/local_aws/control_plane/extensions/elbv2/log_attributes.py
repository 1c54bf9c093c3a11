"""A load balancer that is to write logs must be allowed to: it tries with a test file, as on AWS.

Source: Application Load Balancers guide, "Enable access logs" and "Enable connection logs": bucket
requirements, policy, test file, troubleshooting. The accounts that wrote logs in each Region before
August 2022 are not known here: a policy has to name the service.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.s3.models import s3_backends

from local_aws.control_plane.extensions.patching import around
from local_aws.control_plane.extensions.s3.s3_actions import Need
from local_aws.control_plane.extensions.s3.s3_decision import (
    circumstances,
    decision,
    find_bucket,
)
from local_aws.control_plane.extensions.s3.s3_requester import LOG_DELIVERY
from local_aws.iam import MalformedPolicyError

_log = logging.getLogger("local_aws.control_plane")

_TEST_FILES = {"access_logs": "ELBAccessLogTestFile", "connection_logs": "ELBConnectionLogTestFile"}
_TITLES = {"access_logs": "AccessLog", "connection_logs": "ConnectionLog"}


def install() -> None:
    @around(ELBv2Backend, "modify_load_balancer_attributes")
    def modify(original: Any, backend: Any, arn: str, attrs: dict[str, Any]) -> Any:
        balancer = backend.load_balancers.get(arn)
        if balancer is not None:
            wanted = {**balancer.attrs, **attrs}
            for kind in _TEST_FILES:
                if wanted.get(f"{kind}.s3.enabled") == "true" and _concerns(kind, attrs):
                    _try(backend, arn, kind, wanted)
        return original(backend, arn, attrs)


def _concerns(kind: str, attrs: dict[str, Any]) -> bool:
    return any(name.startswith(f"{kind}.s3.") for name in attrs)


def _try(backend: Any, arn: str, kind: str, wanted: dict[str, Any]) -> None:
    """Write the test file, or raise the error that ModifyLoadBalancerAttributes answers with."""
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
    """Why the service cannot write there, or None."""
    if bucket is None:
        return "there is no such bucket"
    if bucket.region_name != region:
        return f"the bucket is in {bucket.region_name}, the load balancer in {region}"
    if "aws:kms" in str(bucket.encryption):
        return "it cannot write to a bucket that is encrypted with a key of KMS"
    try:
        made = decision(LOG_DELIVERY, Need("s3:PutObject", bucket.name, key), circumstances({}, {}))
    except MalformedPolicyError as error:
        return str(error)
    return None if made.allowed else made.detail
