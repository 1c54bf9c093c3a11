"""The Lambda API's Invoke: what a caller may send, and what he gets.

The function runs where its account's load balancer runs; moto would want Docker for it.

Source: Lambda API reference, Invoke; Lambda quotas, "Invocation payload"; Lambda developer guide,
"Understanding retry behavior", error responses.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from typing import Any
from urllib.parse import parse_qs, unquote

from local_aws.control_plane.account_regions import account_regions
from local_aws.control_plane.aws_errors import aws_error, region_of
from local_aws.control_plane.http import Request, Response
from local_aws.control_plane.runtimes import Runtime, Runtimes
from local_aws.lambda_runtime.invoke_protocol import (
    HEAD_BYTES,
    InvocationType,
    InvokeRequest,
    InvokeResponse,
    InvokeStatus,
    decode_head,
)
from local_aws.ports import LOOPBACK

CONTEXT_BYTES = 3_583
"""Maximum length in base64. Source: Lambda API reference, Invoke, X-Amz-Client-Context."""

PAYLOAD_BYTES = {
    InvocationType.REQUEST_RESPONSE: 6_291_456,
    InvocationType.DRY_RUN: 6_291_456,
    InvocationType.EVENT: 1_048_576,
}

_INVOKE = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations")
_OTHERS = re.compile(r"/[\d-]{10}/functions/[^/]+/(invoke-async/?|response-streaming-invocations)")
_NAME = re.compile(
    r"(?:(?:arn:[^:]+:lambda:(?P<region>[^:]+):)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[\w-]{1,64})(?::(?P<qualifier>[\w$-]{1,128}))?",
    re.ASCII,
)
_QUALIFIER = re.compile(r"[\w$-]{1,128}", re.ASCII)
_CONNECT_SECONDS = 2.0
_MAX_SECONDS = 900.0 + 60.0
"""Maximum time-out of a function, and its start."""

_REFUSALS = {
    "LambdaResourceNotFound": (404, "ResourceNotFoundException"),
    "LambdaThrottling": (429, "TooManyRequestsException"),
    # AWS answers 502. SDKs repeat such a request, which cannot succeed here.
    "LambdaInvalidRuntimeException": (501, "InvalidRuntimeException"),
    "LambdaInvalidZipFileException": (501, "InvalidZipFileException"),
}


class RefusedError(Exception):
    """An error of the caller, with Lambda's code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def is_invocation(request: Request) -> bool:
    return request.method == "POST" and _INVOKE.fullmatch(request.raw_path) is not None


def is_other_invocation(request: Request) -> bool:
    """Return whether the request invokes by streaming, or by InvokeAsync of 2014."""
    return _OTHERS.fullmatch(request.raw_path) is not None


def answer(
    request: Request, account: str, runtimes: Runtimes, mark: str, *, wait_seconds: float = 0.0
) -> Response:
    """Invoke the function, or answer with Lambda's error.

    Waits up to ``wait_seconds`` for a runtime that is starting.
    """
    try:
        region = region_of(request)
        arn = _arn(request, account, region)
        kind = _kind(request)
        payload = _payload(request, kind)
        client_context = _client_context(request)
        _require_functions(account, region, arn)
        runtime, connection = _connect(runtimes, account, region, wait_seconds)
        call = InvokeRequest(
            token=runtime.token,
            arn=arn,
            invocation_type=kind,
            with_log=request.header("x-amz-log-type") == "Tail",
            trace_id=request.header("x-amzn-trace-id"),
            client_context=client_context,
            mark=mark,
            payload=payload,
        )
        return _response(request, kind, _send(connection, call))
    except RefusedError as refused:
        return aws_error(request, refused.status, refused.code, refused.message)


def _arn(request: Request, account: str, region: str) -> str:
    match = _INVOKE.fullmatch(request.raw_path)
    named = _NAME.fullmatch(unquote(match["name"])) if match else None
    if named is None:
        raise RefusedError(400, "ValidationException", "invalid function name")
    if named["region"] not in {None, region}:
        message = f"Functions from '{named['region']}' are not reachable in this region"
        raise RefusedError(404, "ResourceNotFoundException", f"{message} ('{region}')")
    if named["account"] not in {None, account}:
        message = f"invoke a function of account {named['account']} with a role of that account"
        raise RefusedError(403, "AccessDeniedException", message)
    given = parse_qs(request.query).get("Qualifier", [None])[0]
    if given and named["qualifier"] not in {None, given}:
        message = (
            "The derived qualifier from the function name does not match the specified qualifier."
        )
        raise RefusedError(400, "InvalidParameterValueException", message)
    if given and _QUALIFIER.fullmatch(given) is None:
        raise RefusedError(400, "ValidationException", f"invalid qualifier: {given[:200]!r}")
    qualifier = given or named["qualifier"]
    arn = f"arn:aws:lambda:{region}:{account}:function:{named['name']}"
    if not qualifier:
        return arn
    if (
        "$" in qualifier and qualifier != "$LATEST"
    ):  # neither a version nor an alias has such a name
        raise RefusedError(
            404, "ResourceNotFoundException", f"Function not found: {arn}:{qualifier}"
        )
    return f"{arn}:{qualifier}"


def _kind(request: Request) -> InvocationType:
    text = request.header("x-amz-invocation-type") or InvocationType.REQUEST_RESPONSE
    try:
        return InvocationType(text)
    except ValueError:
        message = f"InvocationType {text[:40]!r} must be one of {', '.join(InvocationType)}"
        raise RefusedError(400, "InvalidParameterValueException", message) from None


def _client_context(request: Request) -> str:
    """Return the client context, a JSON object in base64; an empty string without one."""
    sent = request.header("x-amz-client-context") or ""
    if len(sent) > CONTEXT_BYTES:
        message = f"The client context exceeds {CONTEXT_BYTES} bytes of base64"
        raise RefusedError(400, "InvalidRequestContentException", message)
    try:
        text = base64.b64decode(sent, validate=True).decode()
        is_object = not sent or isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        message = "The client context is not a JSON object in base64"
        raise RefusedError(400, "InvalidRequestContentException", message)
    return text


def _payload(request: Request, kind: InvocationType) -> bytes:
    limit = PAYLOAD_BYTES[kind]
    if len(request.body) > limit:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        raise RefusedError(413, "RequestEntityTooLargeException", message)
    if not request.body:
        return b"{}"
    try:
        json.loads(request.body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        raise RefusedError(400, "InvalidRequestContentException", message) from None
    return request.body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_runtime(account: str, region: str) -> RefusedError:
    message = (
        f"no process runs the functions of account {account} in {region} yet: try again, "
        "or see local-aws status"
    )
    return RefusedError(501, "ServiceException", message)  # SDKs do not repeat a 501


def _require_functions(account: str, region: str, arn: str) -> None:
    """Raise RefusedError if no runtime will start for the account and Region."""
    if region not in account_regions().get(account, ()):
        raise RefusedError(404, "ResourceNotFoundException", f"Function not found: {arn}")


def _connect(
    runtimes: Runtimes, account: str, region: str, wait_seconds: float
) -> tuple[Runtime, socket.socket]:
    deadline = time.monotonic() + wait_seconds
    while runtime := runtimes.find(account, region, max(0.0, deadline - time.monotonic())):
        try:
            return runtime, socket.create_connection((LOOPBACK, runtime.port), _CONNECT_SECONDS)
        except OSError:
            runtimes.forget(runtime)  # it has ended; another one may register
    raise _no_runtime(account, region)


def _send(connection: socket.socket, call: InvokeRequest) -> InvokeResponse:
    try:
        with connection, connection.makefile("rb") as answers:
            connection.settimeout(_MAX_SECONDS)
            connection.sendall(call.encode())
            head, length = decode_head(answers.readline(HEAD_BYTES))
            payload = answers.read(length)
            if len(payload) == length:
                return InvokeResponse.decode(head, payload)
    except (OSError, ValueError):
        pass
    message = "the process that runs the functions ended before it answered"
    raise RefusedError(500, "ServiceException", message)


def _response(request: Request, kind: InvocationType, answer: InvokeResponse) -> Response:
    if answer.status == InvokeStatus.REFUSED:
        return _refusal(request, answer)
    headers = [("x-amzn-requestid", answer.request_id)]
    if answer.version:
        headers.append(("x-amz-executed-version", answer.version))
    if answer.status == InvokeStatus.ACCEPTED:
        return Response(204 if kind is InvocationType.DRY_RUN else 202, tuple(headers), b"")
    if answer.status == InvokeStatus.FAILED:
        headers.append(("x-amz-function-error", "Unhandled"))
    if answer.log:
        headers.append(("x-amz-log-result", answer.log))
    headers.append(("content-type", "application/json"))
    return Response(200, tuple(headers), answer.payload)


def _refusal(request: Request, answer: InvokeResponse) -> Response:
    status, code = _REFUSALS.get(answer.reason, (500, "ServiceException"))
    if status != 429:
        return aws_error(request, status, code, answer.detail)
    refused = aws_error(request, status, code, "Rate Exceeded.")
    body = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User"}
    body["message"] = "Rate Exceeded."
    headers = (*refused.headers, ("retry-after", "1"))
    return Response(status, headers, json.dumps(body).encode())
