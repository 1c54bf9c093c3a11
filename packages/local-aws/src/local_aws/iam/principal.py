"""The caller of a request, and the Principal and NotPrincipal elements.

Source: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?(?P<account>\d{12})(?::root)?")


@dataclass(frozen=True, slots=True)
class Caller:
    """``arns`` hold the user, or the role and its session.

    An anonymous caller has no account. A ``service`` of AWS has neither account nor ARN.
    """

    account: str
    arns: tuple[str, ...] = ()
    service: str = ""


ANONYMOUS = Caller("")

LOG_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
"""Service that writes the logs of load balancers. A session with this name acts for it here."""


def matches_principal(principal: Any, caller: Caller) -> bool:
    """Test a Principal element: everyone, an account, role, session, user or service."""
    if principal == "*" or _names_service(principal, caller):
        return True
    return any(_is(name, caller) for name in _aws(principal))


def excluded_by_not_principal(principal: Any, caller: Caller) -> bool:
    """Return True if the caller is exempt from a statement with this NotPrincipal.

    IAM wants account, role and session to be listed; if one is missing, the statement applies.
    """
    named = _aws(principal)
    if caller.service:
        return "*" in named or _names_service(principal, caller)
    if not caller.account:
        return "*" in named
    account = any(_account_of(name) == caller.account for name in named)
    return "*" in named or (account and all(arn in named for arn in caller.arns))


def _aws(principal: Any) -> list[str]:
    return ["*"] if principal == "*" else _named(principal, "AWS")


def _names_service(principal: Any, caller: Caller) -> bool:
    return bool(caller.service) and caller.service in _named(principal, "Service")


def _named(principal: Any, kind: str) -> list[str]:
    named = principal.get(kind, []) if isinstance(principal, Mapping) else []
    return [str(each) for each in (named if isinstance(named, list) else [named])]


def _is(name: str, caller: Caller) -> bool:
    if name == "*":
        return True
    account = _account_of(name)
    return caller.account == account if account else name in caller.arns


def _account_of(name: str) -> str | None:
    match = _ACCOUNT.fullmatch(name)
    return match["account"] if match else None
