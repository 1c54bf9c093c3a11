"""Credentials of assumed roles, which moto neither ends nor misses.

On AWS a session ends after an hour. In moto it stays for ever, and a key that moto does not know
(one from before a restart without a snapshot, say) acts in its default account instead.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends

_TEMPORARY = "ASIA"
_PARTITION = "aws"


def forget_expired() -> int:
    """Drop every session that has ended, and its access key. Returns how many."""
    dropped = 0
    for _, _, sts in sts_backends.iter_backends():
        live: list[Any] = []
        for role in sts.assumed_roles:
            if role.expiration > utcnow():
                live.append(role)
                continue
            dropped += 1
            partition = dict.get(iam_backends[role.account_id], sts.partition)
            if partition is not None:
                partition.access_keys.pop(role.access_key_id, None)
        sts.assumed_roles = live
    return dropped


def is_unknown_session(access_key: str) -> bool:
    """Whether this is the key of a session that no role of this cloud has given out."""
    if not access_key.startswith(_TEMPORARY):
        return False
    return not any(
        access_key in partition.access_keys
        for account in list(iam_backends.values())
        for partition in list(account.values())
    )


def session_of(access_key: str) -> Any:
    """moto's assumed role that the key was given out for, or None."""
    backend = sts_backends[account_of(access_key)][_PARTITION]
    return backend.get_assumed_role_from_access_key(access_key)


def account_of(access_key: str) -> str:
    """The account that the key is of; moto's default one for a key that it does not know."""
    account: str = get_account_id_from(access_key)
    return account
