"""The decision when several policies apply to one request.

Source: IAM user guide, "Policy evaluation logic"; VPC guide, "Control access to VPC endpoints
using endpoint policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from local_aws.iam.statement import AccessRequest, Effect, Policy

_RESOURCE = "resource-based policy"
_ENDPOINT = "VPC endpoint policy"
_BOUNDARY = "permissions boundary"
_IDENTITY = "identity-based policy"


@dataclass(frozen=True, slots=True)
class Policies:
    """Policies that apply to a request; None stands for a policy that does not exist.

    With ``identity`` None the caller may do everything in the caller's account. ``owner`` is the
    account of the resource; a caller from another account needs a grant on both sides.
    """

    owner: str
    resource: Policy | None = None
    identity: tuple[Policy, ...] | None = None
    boundary: Policy | None = None
    endpoint: Policy | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` is the end of AWS's error message; ``detail`` names the policy, for a log."""

    allowed: bool
    reason: str = ""
    detail: str = ""


def decide(request: AccessRequest, policies: Policies) -> Decision:
    """Evaluate in the order of IAM: explicit denies, then limits, then grants."""
    for kind, policy in _present(policies):
        if (statement := policy.find(Effect.DENY, request)) is not None:
            return Decision(
                False,
                f"with an explicit deny in {_article(kind)} {kind}",
                f"statement {statement.name} of {policy.name} denies it",
            )
    for kind, limit in ((_ENDPOINT, policies.endpoint), (_BOUNDARY, policies.boundary)):
        if limit is not None and not _allows(limit, request):
            return _implicit_deny(kind, request, f"{limit.name} does not allow it")
    anonymous = not request.caller.account
    by_resource = policies.resource is not None and _allows(policies.resource, request)
    by_identity = not anonymous and (
        policies.identity is None or any(_allows(each, request) for each in policies.identity)
    )
    if request.caller.account == policies.owner:
        granted = by_resource or by_identity
    else:
        granted = by_resource and (by_identity or anonymous)
    if granted:
        return Decision(True)
    kind = _RESOURCE if by_identity or anonymous else _IDENTITY
    return _implicit_deny(kind, request, "no policy allows it")


def _implicit_deny(kind: str, request: AccessRequest, detail: str) -> Decision:
    return Decision(False, f"because no {kind} allows the {request.action} action", detail)


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _present(policies: Policies) -> Iterator[tuple[str, Policy]]:
    for kind, policy in (
        (_RESOURCE, policies.resource),
        (_ENDPOINT, policies.endpoint),
        (_BOUNDARY, policies.boundary),
        *((_IDENTITY, each) for each in policies.identity or ()),
    ):
        if policy is not None:
            yield kind, policy


def _allows(policy: Policy, request: AccessRequest) -> bool:
    return policy.find(Effect.ALLOW, request) is not None
