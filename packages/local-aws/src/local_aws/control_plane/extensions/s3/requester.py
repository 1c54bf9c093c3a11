"""Requester of an S3 request: the caller, its network and its identity-based policies.

A session with the name and role of a function is that function's worker, as on AWS: the policies of
its role apply, and its requests take the route of the function's subnets. A session with the name
of the log delivery service is that service. Every other caller deploys, and only resource-based
policies limit it.

Source: IAM user guide, "AWS global condition context keys"; Lambda developer guide, "Working with
source function ARN".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends

from local_aws.control_plane import sessions
from local_aws.control_plane.extensions.iam.managed_policies import create_policy
from local_aws.control_plane.extensions.s3.vpc_route import NoRouteError, find_endpoint
from local_aws.iam.principal import ANONYMOUS, LOG_SERVICE, Caller
from local_aws.iam.statement import Policy, parse

_PARTITION = "aws"
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Requester:
    """``context`` has the condition keys of the caller; ``identity`` None allows everything."""

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
"""Delivers the logs of load balancers. It does not say for which load balancer."""


def find_requester(access_key: str) -> Requester:
    """Raises MalformedPolicyError, and NoRouteError for a function that cannot reach S3."""
    if not access_key:
        context = {"aws:principaltype": ("Anonymous",), "aws:sourceip": (_LOOPBACK,)}
        return Requester(ANONYMOUS, context, identity=())
    account = sessions.account_of(access_key)
    session = sessions.session_of(access_key)
    if session is not None and session.session_name == LOG_SERVICE:
        return LOG_DELIVERY
    if session is not None:
        return _session_requester(account, session)
    return _key_requester(account, access_key)


def find_worker(access_key: str) -> Requester | None:
    """Return the function's worker that has the key, or None. Raises MalformedPolicyError."""
    account = sessions.account_of(access_key)
    session = sessions.session_of(access_key)
    if session is None or _function(account, session) is None:
        return None
    role = role_requester(session.role_arn)
    return replace(role, caller=Caller(account, (session.role_arn, session.arn)))


def role_requester(arn: str) -> Requester:
    """Return the requester for an AWS service that assumes the role."""
    account = arn.split(":")[4]
    role = _role(account, arn)
    caller = Caller(account, (arn,))
    context = {
        "aws:principalaccount": (account,),
        "aws:principalarn": (arn,),
        "aws:principaltype": ("AssumedRole",),
    }
    return Requester(caller, context, *_limits(account, role))


def _session_requester(account: str, session: Any) -> Requester:
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
    function = _function(account, session)
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


def _key_requester(account: str, access_key: str) -> Requester:
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


def _function(account: str, session: Any) -> Any:
    """Return the function whose worker has the session; STS needs names of two characters."""
    for region in list(lambda_backends[account].values()):
        for functions in list(region._lambdas._functions.values()):
            function = functions["latest"]
            if function is None or function.role != session.role_arn:
                continue
            if session.session_name == function.function_name.ljust(2, "-"):
                return function
    return None


def _network(account: str, function: Any) -> tuple[Policy | None, dict[str, tuple[str, ...]]]:
    """Return the policy of the VPC endpoint, if any, and the condition keys of the network."""
    subnets = (function.vpc_config or {}).get("SubnetIds") or []
    try:
        endpoint = find_endpoint(account, function.region, subnets) if subnets else None
    except NoRouteError as error:
        raise NoRouteError(f"function {function.function_name}: {error}") from error
    if endpoint is None:
        return None, {"aws:sourceip": (_LOOPBACK,)}
    # A request through an endpoint has no public address, so it has no aws:SourceIp.
    keys: dict[str, tuple[str, ...]] = {
        "aws:sourcevpc": (endpoint.vpc_id,),
        "aws:sourcevpce": (endpoint.id,),
        "aws:vpcsourceip": (_LOOPBACK,),
    }
    return parse(f"the VPC endpoint {endpoint.id}", endpoint.policy), keys


def _limits(account: str, role: Any) -> tuple[tuple[Policy, ...], Policy | None]:
    """Return the policies of a role, and its boundary; a missing role has no permissions."""
    if role is None:
        return (), None
    boundary = role.permissions_boundary_arn
    return tuple(_policies(role)), _managed(account, boundary) if boundary else None


def _policies(role: Any) -> Iterator[Policy]:
    for name, document in role.policies.items():
        yield parse(f"the policy {name} of {role.name}", document)
    for attached in role.managed_policies.values():
        yield _document(attached)


def _managed(account: str, arn: str) -> Policy:
    backend = iam_backends[account][_PARTITION]
    create_policy(backend, arn)
    policy = backend.managed_policies.get(arn)
    if policy is None:
        return Policy(f"{arn}, which does not exist,", ())
    return _document(policy)


def _document(policy: Any) -> Policy:
    version = next(each for each in policy.versions if each.is_default)
    return parse(policy.arn, version.document)
