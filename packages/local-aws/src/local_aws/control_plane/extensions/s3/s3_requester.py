"""Who sends a request, from where, and which policies of his own limit him.

A session that bears the name of a function and is of its role is that function's worker, as on
AWS: its own policies count, and its requests travel the network that the function is in. One that
bears the name of a service is that service. Anybody else is whoever deploys and may do anything
that the resource does not refuse.

Source: IAM user guide, "AWS global condition context keys"; Lambda developer guide, "Working with
source function ARN".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends

from local_aws.control_plane import sessions
from local_aws.control_plane.extensions.s3.s3_network import NoWayError, endpoint_of
from local_aws.iam.principal import ANONYMOUS, LOG_SERVICE, Caller
from local_aws.iam.statement import Policy, parse

_PARTITION = "aws"
_LOOPBACK = "127.0.0.1"
parsed = lru_cache(maxsize=512)(parse)


@dataclass(frozen=True, slots=True)
class Requester:
    """``context`` holds the keys that are about him; ``identity`` None is no limit at all."""

    caller: Caller
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    identity: tuple[Policy, ...] | None = None
    boundary: Policy | None = None
    endpoint: Policy | None = None


LOG_DELIVERY = Requester(
    Caller("", service=LOG_SERVICE),
    {"aws:principalisawsservice": ("true",), "aws:principalservicename": (LOG_SERVICE,)},
    identity=(),
)
"""The logs of load balancers come from it. It does not tell for which of them it acts."""


def requester(access_key: str) -> Requester:
    """Raises NoWayError for a function that cannot reach S3, MalformedPolicyError."""
    if not access_key:
        context = {"aws:principaltype": ("Anonymous",), "aws:sourceip": (_LOOPBACK,)}
        return Requester(ANONYMOUS, context, identity=())
    account = sessions.account_of(access_key)
    session = sessions.session_of(access_key)
    if session is not None and session.session_name == LOG_SERVICE:
        return LOG_DELIVERY
    if session is not None:
        return _of_session(account, session)
    return _of_key(account, access_key)


def worker(access_key: str) -> Requester | None:
    """The worker of a function that the key was given to, or None. Raises MalformedPolicyError."""
    account = sessions.account_of(access_key)
    session = sessions.session_of(access_key)
    if session is None or _function_of(account, session) is None:
        return None
    limits = role_requester(session.role_arn)
    return replace(limits, caller=Caller(account, (session.role_arn, session.arn)))


def role_requester(arn: str) -> Requester:
    """A service that acts with a role, from inside AWS."""
    account = arn.split(":")[4]
    role = _role(account, arn)
    caller = Caller(account, (arn,))
    context = {
        "aws:principalaccount": (account,),
        "aws:principalarn": (arn,),
        "aws:principaltype": ("AssumedRole",),
    }
    return Requester(caller, context, *_limits(account, role))


def _of_session(account: str, session: Any) -> Requester:
    role = _role(account, session.role_arn)
    caller = Caller(account, (session.role_arn, session.arn))
    tags = {} if role is None else {tag["Key"]: tag["Value"] for tag in role.tags or ()}
    context = {
        "aws:principalaccount": (account,),
        "aws:principalarn": (session.role_arn,),
        "aws:principaltype": ("AssumedRole",),
        "aws:userid": (session.user_id,),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()},
    }
    function = _function_of(account, session)
    if function is None:
        return Requester(caller, context | {"aws:sourceip": (_LOOPBACK,)})
    identity, boundary = _limits(account, role)
    policy, network = _network(account, function)
    return Requester(
        caller,
        context | network | {"lambda:sourcefunctionarn": (function.function_arn,)},
        identity=identity,
        boundary=boundary,
        endpoint=policy,
    )


def _of_key(account: str, access_key: str) -> Requester:
    users = iam_backends[account][_PARTITION].users.values()
    owner = next(
        (u for u in users if any(k.access_key_id == access_key for k in u.access_keys)), None
    )
    shared = {"aws:principalaccount": (account,), "aws:sourceip": (_LOOPBACK,)}
    if owner is None:
        root = f"arn:{_PARTITION}:iam::{account}:root"
        named = {"aws:principalarn": (root,), "aws:principaltype": ("Account",)}
        return Requester(Caller(account, (root,)), shared | named | {"aws:userid": (account,)})
    named = {
        "aws:principalarn": (owner.arn,),
        "aws:principaltype": ("User",),
        "aws:userid": (owner.id,),
        "aws:username": (owner.name,),
    }
    return Requester(Caller(account, (owner.arn,)), shared | named)


def _role(account: str, arn: str) -> Any:
    roles = iam_backends[account][_PARTITION].roles.values()
    return next((role for role in roles if role.arn == arn), None)


def _function_of(account: str, session: Any) -> Any:
    """The function whose worker has the session; a name of one character is padded for STS."""
    for region in list(lambda_backends[account].values()):
        for functions in list(region._lambdas._functions.values()):
            function = functions["latest"]
            if function is None or function.role != session.role_arn:
                continue
            if session.session_name == function.function_name.ljust(2, "-"):
                return function
    return None


def _network(account: str, function: Any) -> tuple[Policy | None, dict[str, tuple[str, ...]]]:
    """The endpoint's policy, if there is one, and the keys that tell where a request is from."""
    subnets = (function.vpc_config or {}).get("SubnetIds") or []
    try:
        endpoint = endpoint_of(account, function.region, subnets) if subnets else None
    except NoWayError as error:
        raise NoWayError(f"function {function.function_name}: {error}") from error
    if endpoint is None:
        return None, {"aws:sourceip": (_LOOPBACK,)}
    # Through an endpoint there is no public address, so the key for it is not there either.
    keys: dict[str, tuple[str, ...]] = {
        "aws:sourcevpc": (endpoint.vpc_id,),
        "aws:sourcevpce": (endpoint.id,),
        "aws:vpcsourceip": (_LOOPBACK,),
    }
    return parsed(f"the VPC endpoint {endpoint.id}", endpoint.policy), keys


def _limits(account: str, role: Any) -> tuple[tuple[Policy, ...], Policy | None]:
    """The policies of a role and its boundary; of a role that does not exist, none at all."""
    if role is None:
        return (), None
    boundary = role.permissions_boundary_arn
    return tuple(_policies_of(role)), _managed(account, boundary) if boundary else None


def _policies_of(role: Any) -> Iterator[Policy]:
    for name, document in role.policies.items():
        yield parsed(f"the policy {name} of {role.name}", document)
    for attached in role.managed_policies.values():
        yield _document(attached)


def _managed(account: str, arn: str) -> Policy:
    policy = iam_backends[account][_PARTITION].managed_policies.get(arn)
    if policy is None:
        return Policy(f"{arn}, which does not exist,", ())
    return _document(policy)


def _document(policy: Any) -> Policy:
    version = next(each for each in policy.versions if each.is_default)
    return parsed(policy.arn, version.document)
