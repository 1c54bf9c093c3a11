"""AWS managed policies, created in an account when a request names them."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

_ARN_PREFIX = ":iam::aws:policy/"


def get_policy(original: Any, backend: Any, policy_arn: str, *args: Any, **kwargs: Any) -> Any:
    """Create the policy that a request names before moto looks for it."""
    create_policy(backend, policy_arn)
    return original(backend, policy_arn, *args, **kwargs)


attach_group_policy = attach_role_policy = attach_user_policy = get_policy
get_policy_version = list_policy_versions = get_policy


def list_policies(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    """List all policies; those that the account does not use are not kept in it."""
    in_account = backend.managed_policies
    backend.managed_policies = {each.arn: each for each in _policies(backend)} | in_account
    try:
        return original(backend, *args, **kwargs)
    finally:
        backend.managed_policies = in_account


def create_policy(backend: Any, arn: str) -> None:
    """Create the policy in the account, unless it is there or AWS has no such policy."""
    if _ARN_PREFIX in arn and arn not in backend.managed_policies:
        for policy in _policies(backend, arn.rpartition("/")[2]):
            if policy.arn == arn:
                backend.managed_policies[arn] = policy


def _policies(backend: Any, only: str | None = None) -> list[Any]:
    return [
        AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in json.loads(aws_managed_policies_data).items()
        if only in {None, name}
    ]
