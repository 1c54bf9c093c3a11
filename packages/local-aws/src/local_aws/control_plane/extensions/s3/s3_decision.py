"""May somebody do to a bucket or an object what he asks for?

Source: S3 user guide, "How Amazon S3 authorizes a request"; service authorization reference,
"Condition keys for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from moto.s3.models import FakeKey, s3_backends

from local_aws.control_plane.extensions.s3.s3_actions import Need
from local_aws.control_plane.extensions.s3.s3_requester import Requester, parsed
from local_aws.iam.evaluation import Decision, Policies, decide
from local_aws.iam.policy_variables import Context
from local_aws.iam.principal import ANONYMOUS
from local_aws.iam.statement import AccessRequest

_LISTING = ("prefix", "delimiter", "max-keys")
_HEADERS = ("if-match", "if-none-match")


def circumstances(query: Mapping[str, str], headers: Mapping[str, str]) -> Context:
    """The keys that a request brings with it, header names being in lower case.

    Transport counts as secure: this cloud listens on loopback, where nothing is on a wire, so
    that policies against plain HTTP are applied here as they are on AWS, and refuse nobody.
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


def decision(who: Requester, need: Need, context: Context) -> Decision:
    """Raises MalformedPolicyError for one that has a say."""
    owner, bucket = find_bucket(need.bucket)
    policies = Policies(
        owner=owner or who.caller.account,
        resource=_policy_of(bucket),
        identity=who.identity,
        boundary=who.boundary,
        endpoint=who.endpoint,
    )
    request = AccessRequest(
        who.caller,
        need.action,
        arn_of(need),
        {**context, **who.context, **_about(owner, bucket, need)},
    )
    made = decide(request, policies)
    if who.caller == ANONYMOUS and bucket is not None and not made.detail.startswith("statement"):
        return Decision(_is_public(bucket, need, made), made.reason, made.detail)
    return made


def arn_of(need: Need) -> str:
    return f"arn:aws:s3:::{need.bucket}/{need.key}" if need.key else f"arn:aws:s3:::{need.bucket}"


def find_bucket(name: str) -> tuple[str, Any]:
    """The account that owns the bucket and the bucket, or ``""`` and None; creates no account."""
    partition, account = s3_backends.bucket_accounts.get(name, ("aws", ""))
    if not account:
        return "", None
    return account, s3_backends[account][partition].buckets.get(name)


def _policy_of(bucket: Any) -> Any:
    if bucket is None or not bucket.policy:
        return None
    return parsed(f"the policy of {bucket.name}", bucket.policy)


def _about(owner: str, bucket: Any, need: Need) -> Context:
    """What is known of the resource: its owner, and the tags of an object that exists."""
    if bucket is None:
        return {}
    about: dict[str, tuple[str, ...]] = {
        "aws:resourceaccount": (owner,),
        "s3:resourceaccount": (owner,),
    }
    key = bucket.keys.get(need.key) if need.key else None
    if isinstance(key, FakeKey):  # not the marker of one that was deleted
        tags = s3_backends[owner][bucket.partition].tagger.get_tag_dict_for_resource(key.arn)
        about |= {f"s3:existingobjecttag/{name.lower()}": (tags[name],) for name in tags}
    return about


def _is_public(bucket: Any, need: Need, made: Decision) -> bool:
    """For nobody in particular: by the policy, or by the ACL of an object that all may read."""
    block = bucket.public_access_block
    if made.allowed:
        return not (block and block.restrict_public_buckets)
    if need.action != "s3:GetObject" or (block and block.ignore_public_acls):
        return False
    key = bucket.keys.get(need.key)
    acl = getattr(key, "acl", None)
    return bool(acl and acl.public_read)
