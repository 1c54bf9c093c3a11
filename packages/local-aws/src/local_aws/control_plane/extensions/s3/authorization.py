"""Authorization of S3 requests by the policies of bucket, VPC endpoint and function role.

Source: S3 user guide, "Bucket policies for Amazon S3"; S3 API reference, GetObject and HeadObject
(without s3:ListBucket a missing key is a 403), DeleteObjects and PutBucketPolicy.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import xmltodict  # type: ignore[import-untyped] # it ships no types
from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import MissingKey, S3ClientError

from local_aws.control_plane.extensions.s3.access_decision import (
    arn_of,
    decide_access,
    request_context,
)
from local_aws.control_plane.extensions.s3.requester import find_requester
from local_aws.control_plane.extensions.s3.required_permissions import (
    Permission,
    required_permissions,
)
from local_aws.control_plane.extensions.s3.vpc_route import NoRouteError
from local_aws.iam import MalformedPolicyError
from local_aws.iam.evaluation import Decision
from local_aws.iam.statement import parse

_log = logging.getLogger("local_aws.control_plane")
_READS = frozenset({"GET", "HEAD"})


def get_permission(*_: Any) -> Any:
    """Replace moto's evaluation of a bucket policy: requests are authorized before moto acts."""
    return PermissionResult.PERMITTED


def bucket_response(original: Any, response: Any, request: Any, full_url: str) -> Any:
    return _refusal(response, request, "") or original(response, request, full_url)


def key_response(original: Any, response: Any, request: Any, full_url: str) -> Any:
    refusal = _refusal(response, request, response.parse_key_name())
    if refusal is not None:
        return refusal
    try:
        answer = original(response, request, full_url)
    except MissingKey:
        if (hidden := _hidden(response, request)) is not None:
            return hidden
        raise
    missing = request.method in _READS and isinstance(answer, tuple) and answer[0] == 404
    return (_hidden(response, request) if missing else None) or answer


def bucket_response_delete_keys(original: Any, response: Any, bucket_name: str) -> Any:
    """Delete the keys that the caller may delete, and report the others as AccessDenied."""
    content = xmltodict.parse(response.body, strip_whitespace=False)
    named = content["Delete"].get("Object", [])
    named = named if isinstance(named, list) else [named]
    refused = [each for each in named if not _may_delete(response, bucket_name, each)]
    if not refused:
        return original(response, bucket_name)
    if len(refused) == len(named):
        return original(response, bucket_name, authenticated=False)
    content["Delete"]["Object"] = [each for each in named if each not in refused]
    response.body = xmltodict.unparse(content)
    status, headers, body = original(response, bucket_name)
    errors = "".join(_error(each["Key"]) for each in refused)
    return status, headers, body.replace("</DeleteResult>", f"{errors}</DeleteResult>")


def put_bucket_policy(original: Any, backend: Any, bucket_name: str, policy: bytes) -> Any:
    try:
        parse(bucket_name, policy)
    except MalformedPolicyError as error:
        raise S3ClientError("MalformedPolicy", str(error)) from error
    return original(backend, bucket_name, policy)


def _refusal(response: Any, request: Any, key: str) -> Any:
    """Return the answer to a request that is not allowed, or None."""
    query, headers = _query(request), _headers(request)
    for permission in required_permissions(
        request.method, query, headers, response.bucket_name, key
    ):
        if (refused := _denied(permission, query, headers)) is not None:
            return refused
    return None


def _hidden(response: Any, request: Any) -> Any:
    """Return the answer that hides a missing key from a caller without s3:ListBucket, or None."""
    return _denied(Permission("s3:ListBucket", response.bucket_name), {}, _headers(request))


def _may_delete(response: Any, bucket: str, named: dict[str, str]) -> bool:
    action = "s3:DeleteObjectVersion" if named.get("VersionId") else "s3:DeleteObject"
    permission = Permission(action, bucket, named["Key"])
    return _denied(permission, {}, _headers(response.request)) is None


def _denied(permission: Permission, query: dict[str, str], headers: dict[str, str]) -> Any:
    caller = "unknown caller"
    try:
        requester = find_requester(access_key_of(query, headers))
        names = (*requester.caller.arns, requester.caller.service)
        caller = next((name for name in reversed(names) if name), "anonymous")
        decision = decide_access(requester, permission, request_context(query, headers))
    except (NoRouteError, MalformedPolicyError) as error:
        decision = Decision(False, "", str(error))
    if decision.allowed:
        return None
    _log.warning(
        "%s on %s is denied to %s: %s",
        permission.action,
        arn_of(permission),
        caller,
        decision.detail,
    )
    message = "Access Denied"
    if decision.reason and caller != "anonymous":
        message = (
            f"User: {caller} is not authorized to perform: {permission.action}"
            f' on resource: "{arn_of(permission)}" {decision.reason}'
        )
    return 403, {"content-type": "application/xml"}, _document(message)


def _document(message: str) -> str:
    error = f"<Code>AccessDenied</Code><Message>{escape(message)}</Message>"
    request_id = "<RequestId></RequestId><HostId></HostId>"  # moto fills in the first
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{error}{request_id}</Error>'


def _error(key: str) -> str:
    code = "<Code>AccessDenied</Code><Message>Access Denied</Message>"
    return f"<Error><Key>{escape(key)}</Key>{code}</Error>"


def _query(request: Any) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def _headers(request: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in request.headers.items()}


def access_key_of(query: dict[str, str], headers: dict[str, str]) -> str:
    """Return the access key id of a signed request or a signed URL, or an empty string."""
    _, found, credential = headers.get("authorization", "").partition("Credential=")
    if not found:
        credential = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId") or ""
    return credential.partition("/")[0]
