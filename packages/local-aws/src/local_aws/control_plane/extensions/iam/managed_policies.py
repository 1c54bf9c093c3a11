"""AWS managed policies, created in an account when a request names them.

moto can create all 1,300 in every account. That takes 30 MB of memory and 25 MB in the snapshot for
each account, and each save takes a second longer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from local_aws.control_plane.extensions.patching import around

_ARN_PREFIX = ":iam::aws:policy/"
_WITH_ARN = (
    "attach_group_policy",
    "attach_role_policy",
    "attach_user_policy",
    "get_policy",
    "get_policy_version",
    "list_policy_versions",
)


def install() -> None:
    for name in _WITH_ARN:

        @around(IAMBackend, name)
        def with_policy(original: Any, backend: Any, policy_arn: str, *args: Any, **kw: Any) -> Any:
            create(backend, policy_arn)
            return original(backend, policy_arn, *args, **kw)

    @around(IAMBackend, "list_policies")
    def list_policies(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
        with _all_policies(backend):
            return original(backend, *args, **kwargs)


def create(backend: Any, arn: str) -> None:
    """Create the policy in the account, unless it exists there or AWS has no such policy."""
    if _ARN_PREFIX in arn and arn not in backend.managed_policies:
        name = arn.rpartition("/")[2]
        backend.managed_policies |= {
            policy.arn: policy for policy in _policies(backend, name) if policy.arn == arn
        }


@contextmanager
def _all_policies(backend: Any) -> Iterator[None]:
    """Let the account have every policy, but only for one request."""
    before = backend.managed_policies
    backend.managed_policies = {each.arn: each for each in _policies(backend)} | before
    try:
        yield
    finally:
        backend.managed_policies = before


def _policies(backend: Any, only: str | None = None) -> list[Any]:
    return [
        AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in json.loads(aws_managed_policies_data).items()
        if only in {None, name}
    ]
