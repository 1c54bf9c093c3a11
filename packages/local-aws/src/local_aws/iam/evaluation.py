"""Several policies together: may the caller, and if not, on whose word.

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
    """All that has a say. None is a policy that does not exist.

    ``identity`` None is a caller who may do anything in his own account. ``owner`` is the
    account of the resource: somebody of another account needs the word of both sides.
    """

    owner: str
    resource: Policy | None = None
    identity: tuple[Policy, ...] | None = None
    boundary: Policy | None = None
    endpoint: Policy | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """``because`` is in the words of AWS, for the caller; ``detail`` names what to look at."""

    allowed: bool
    because: str = ""
    detail: str = ""


def decide(request: AccessRequest, policies: Policies) -> Decision:
    """A deny anywhere ends it; then every limit must allow it, and someone must grant it."""
    for kind, policy in _all(policies):
        if (statement := policy.find(Effect.DENY, request)) is not None:
            return Decision(
                False,
                f"with an explicit deny in {_article(kind)} {kind}",
                f"statement {statement.name} of {policy.name} denies it",
            )
    for kind, limit in ((_ENDPOINT, policies.endpoint), (_BOUNDARY, policies.boundary)):
        if limit is not None and not _allows(limit, request):
            return _ungranted(kind, request, f"{limit.name} does not allow it")
    by_resource = policies.resource is not None and _allows(policies.resource, request)
    by_identity = bool(request.caller.account) and (
        policies.identity is None or any(_allows(each, request) for each in policies.identity)
    )
    ours = request.caller.account == policies.owner
    if ours:
        granted = by_resource or by_identity
    else:
        granted = by_resource and (by_identity or not request.caller.account)
    if granted:
        return Decision(True)
    kind = _RESOURCE if by_identity or not request.caller.account else _IDENTITY
    return _ungranted(kind, request, "no policy allows it")


def _ungranted(kind: str, request: AccessRequest, detail: str) -> Decision:
    return Decision(False, f"because no {kind} allows the {request.action} action", detail)


def _article(kind: str) -> str:
    return "an" if kind[0] in "aeiou" else "a"


def _all(policies: Policies) -> Iterator[tuple[str, Policy]]:
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
