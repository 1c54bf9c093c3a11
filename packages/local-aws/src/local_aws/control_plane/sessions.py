"""Sessions of assumed roles: expiry, unknown keys, and the account of a key.

moto keeps sessions for ever, and lets an unknown key, of a cloud that was removed for example, act
in its default account.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends

_TEMPORARY = "ASIA"
_PARTITION = "aws"


def forget_expired() -> int:
    """Delete every expired session and its access key. Return how many."""
    deleted = 0
    for _, _, sts in sts_backends.iter_backends():
        live: list[Any] = []
        for role in sts.assumed_roles:
            if role.expiration > utcnow():
                live.append(role)
                continue
            deleted += 1
            partition = dict.get(iam_backends[role.account_id], sts.partition)
            if partition is not None:
                partition.access_keys.pop(role.access_key_id, None)
        sts.assumed_roles = live
    return deleted


def is_unknown_session(access_key: str) -> bool:
    """Return whether the key is of a session that this cloud did not create."""
    if not access_key.startswith(_TEMPORARY):
        return False
    return not any(
        access_key in partition.access_keys
        for account in list(iam_backends.values())
        for partition in list(account.values())
    )


def session_of(access_key: str) -> Any:
    """Return moto's assumed role with the key, or None."""
    backend = sts_backends[account_of(access_key)][_PARTITION]
    return backend.get_assumed_role_from_access_key(access_key)


def account_of(access_key: str) -> str:
    """Return the account of a key; moto's default account for an unknown key."""
    account: str = get_account_id_from(access_key)
    return account
