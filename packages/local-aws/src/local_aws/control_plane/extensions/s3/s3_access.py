"""S3 asks the policies, as on AWS: the bucket's, the endpoint's, those of a function's role.

moto looks at the statements of a bucket's policy that mean everyone, and at no condition: the
usual refusal of plain HTTP locks everybody out. Here the whole of it is evaluated.

Source: S3 user guide, "Bucket policies for Amazon S3"; S3 API reference, GetObject and HeadObject
(a key that does not exist is a 403 to whoever may not list), DeleteObjects and PutBucketPolicy.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import xmltodict  # type: ignore[import-untyped] # it ships no types
from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import MissingKey, S3ClientError
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

from local_aws.control_plane.extensions.patching import around
from local_aws.control_plane.extensions.s3.s3_actions import Need, needs
from local_aws.control_plane.extensions.s3.s3_decision import arn_of, circumstances, decision
from local_aws.control_plane.extensions.s3.s3_network import NoWayError
from local_aws.control_plane.extensions.s3.s3_requester import requester
from local_aws.iam import MalformedPolicyError
from local_aws.iam.evaluation import Decision
from local_aws.iam.statement import parse

_log = logging.getLogger("local_aws.control_plane")
_READS = frozenset({"GET", "HEAD"})


def install() -> None:
    """Decide before moto acts; moto's own idea of a bucket's policy has no say any more."""
    FakeBucket.get_permission = lambda *_: PermissionResult.PERMITTED

    @around(S3Response, "_bucket_response")
    def bucket(original: Any, response: Any, request: Any, full_url: str) -> Any:
        return _refusal(response, request, "") or original(response, request, full_url)

    @around(S3Response, "_key_response")
    def key(original: Any, response: Any, request: Any, full_url: str) -> Any:
        name = response.parse_key_name()
        refusal = _refusal(response, request, name)
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

    @around(S3Response, "_bucket_response_delete_keys")
    def delete_keys(original: Any, response: Any, bucket_name: str) -> Any:
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

    @around(S3Backend, "put_bucket_policy")
    def put_policy(original: Any, backend: Any, bucket_name: str, policy: bytes) -> Any:
        try:
            parse(bucket_name, policy)
        except MalformedPolicyError as error:
            raise S3ClientError("MalformedPolicy", str(error)) from error
        return original(backend, bucket_name, policy)


def _refusal(response: Any, request: Any, key: str) -> Any:
    """The answer to a request that is not allowed, or None."""
    query, headers = _query(request), _headers(request)
    for need in needs(request.method, query, headers, response.bucket_name, key):
        if (refused := _denied(need, query, headers)) is not None:
            return refused
    return None


def _hidden(response: Any, request: Any) -> Any:
    """The answer to somebody who may not know that the key does not exist, or None."""
    return _denied(Need("s3:ListBucket", response.bucket_name), {}, _headers(request))


def _may_delete(response: Any, bucket: str, named: dict[str, str]) -> bool:
    action = "s3:DeleteObjectVersion" if named.get("VersionId") else "s3:DeleteObject"
    need = Need(action, bucket, named["Key"])
    return _denied(need, {}, _headers(response.request)) is None


def _denied(need: Need, query: dict[str, str], headers: dict[str, str]) -> Any:
    caller = "somebody"
    try:
        who = requester(access_key_of(query, headers))
        names = (*who.caller.arns, who.caller.service)
        caller = next((name for name in reversed(names) if name), "anonymous")
        made = decision(who, need, circumstances(query, headers))
    except (NoWayError, MalformedPolicyError) as error:  # better no answer than a wrong one
        made = Decision(False, "", str(error))
    if made.allowed:
        return None
    _log.warning("%s on %s is denied to %s: %s", need.action, arn_of(need), caller, made.detail)
    message = "Access Denied"
    if made.reason and caller != "anonymous":
        message = (
            f"User: {caller} is not authorized to perform: {need.action}"
            f' on resource: "{arn_of(need)}" {made.reason}'
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
    """Of a signed request, or of a signed URL."""
    _, found, credential = headers.get("authorization", "").partition("Credential=")
    if not found:
        credential = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId") or ""
    return credential.partition("/")[0]
