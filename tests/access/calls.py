"""IAM actions of the AWS provider's calls, from its debug log."""

from __future__ import annotations

import re
from collections.abc import Iterable

_METHOD = re.compile(r'rpc\.method="?(\w+)')
_SERVICE = re.compile(r'rpc\.service="?([A-Za-z0-9 ]+?)"?(?= \S+=|$)')

_PREFIXES = {
    "CloudWatch Logs": "logs",
    "Elastic Load Balancing v2": "elasticloadbalancing",
}
"""IAM prefixes that differ from the SDK's service name in lower case."""

_ACTIONS = {
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
"""Actions with another name than their operation (Service Authorization Reference, S3)."""


def actions(log: Iterable[str]) -> set[str]:
    """Return the actions of the calls in a log of ``TF_LOG_PROVIDER=DEBUG``."""
    found = set()
    for line in log:
        method, service = _METHOD.search(line), _SERVICE.search(line)
        if method and service:
            prefix = _PREFIXES.get(service[1], service[1].lower())
            action = f"{prefix}:{method[1]}"
            found.add(_ACTIONS.get(action, action))
    return found
