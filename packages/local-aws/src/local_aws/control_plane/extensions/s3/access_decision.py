"""Decision whether a requester may access a bucket or an object.

Source: S3 user guide, "How Amazon S3 authorizes a request"; service authorization reference,
"Condition keys for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from moto.s3.models import FakeKey, s3_backends

from local_aws.control_plane.extensions.s3.requester import Requester
from local_aws.control_plane.extensions.s3.required_permissions import Permission
from local_aws.iam.evaluation import Decision, Policies, decide
from local_aws.iam.policy_variables import Context
from local_aws.iam.principal import ANONYMOUS
from local_aws.iam.statement import AccessRequest, parse

_LISTING = ("prefix", "delimiter", "max-keys")
_HEADERS = ("if-match", "if-none-match")


def request_context(query: Mapping[str, str], headers: Mapping[str, str]) -> Context:
    """Return the condition keys of a request; header names are in lower case.

    ``aws:SecureTransport`` is true, because loopback traffic leaves no machine. The usual bucket
    policy against plain HTTP then applies here too, and denies no request.
    """
    now = datetime.now(UTC)
    context: dict[str, tuple[str, ...]] = {
        "aws:currenttime": (now.isoformat(timespec="seconds"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:principalisawsservice": ("false",),
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "s3:authtype": ("REST-HEADER" if "authorization" in headers else "REST-QUERY-STRING",),
        "s3:signatureversion": ("AWS4-HMAC-SHA256",),
        "s3:tlsversion": ("1.3",),
    }
    for name, key in (("user-agent", "aws:useragent"), ("referer", "aws:referer")):
        if name in headers:
            context[key] = (headers[name],)
    for name in _LISTING:
        if name in query:
            context[f"s3:{name}"] = (query[name],)
    if "versionId" in query:
        context["s3:versionid"] = (query["versionId"],)
    for name, value in headers.items():
        if name.startswith("x-amz-") or name in _HEADERS:
            context[f"s3:{name}"] = (value,)
    tags = dict(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))
    if tags:
        context["s3:requestobjecttagkeys"] = tuple(tags)
        context |= {f"s3:requestobjecttag/{key.lower()}": (tags[key],) for key in tags}
    return context


def decide_access(requester: Requester, permission: Permission, context: Context) -> Decision:
    """Evaluate all policies that apply. Raises MalformedPolicyError."""
    owner, bucket = find_bucket(permission.bucket)
    policies = Policies(
        owner=owner or requester.caller.account,
        resource=_policy_of(bucket),
        identity=requester.identity,
        boundary=requester.boundary,
        endpoint=requester.endpoint,
    )
    request = AccessRequest(
        requester.caller,
        permission.action,
        arn_of(permission),
        {**context, **requester.context, **_resource_context(owner, bucket, permission)},
    )
    decision = decide(request, policies)
    if (
        requester.caller == ANONYMOUS
        and bucket is not None
        and not decision.detail.startswith("statement")
    ):
        return Decision(_is_public(bucket, permission, decision), decision.reason, decision.detail)
    return decision


def arn_of(permission: Permission) -> str:
    return (
        f"arn:aws:s3:::{permission.bucket}/{permission.key}"
        if permission.key
        else f"arn:aws:s3:::{permission.bucket}"
    )


def find_bucket(name: str) -> tuple[str, Any]:
    """Return the bucket's account and the bucket, or ``""`` and None. Creates no account."""
    partition, account = s3_backends.bucket_accounts.get(name, ("aws", ""))
    if not account:
        return "", None
    return account, s3_backends[account][partition].buckets.get(name)


def _policy_of(bucket: Any) -> Any:
    if bucket is None or not bucket.policy:
        return None
    return parse(f"the policy of {bucket.name}", bucket.policy)


def _resource_context(owner: str, bucket: Any, permission: Permission) -> Context:
    """Return the condition keys of the resource: its account, and the tags of the object."""
    if bucket is None:
        return {}
    context: dict[str, tuple[str, ...]] = {
        "aws:resourceaccount": (owner,),
        "s3:resourceaccount": (owner,),
    }
    key = bucket.keys.get(permission.key) if permission.key else None
    if isinstance(key, FakeKey):  # not a delete marker
        tags = s3_backends[owner][bucket.partition].tagger.get_tag_dict_for_resource(key.arn)
        context |= {f"s3:existingobjecttag/{name.lower()}": (tags[name],) for name in tags}
    return context


def _is_public(bucket: Any, permission: Permission, decision: Decision) -> bool:
    """Return whether an anonymous request is allowed, by the policy or by the object's ACL."""
    block = bucket.public_access_block
    if decision.allowed:
        return not (block and block.restrict_public_buckets)
    if permission.action != "s3:GetObject" or (block and block.ignore_public_acls):
        return False
    key = bucket.keys.get(permission.key)
    acl = getattr(key, "acl", None)
    return bool(acl and acl.public_read)
