"""A function's JSON response as an HTTP response.

Sources: Application Load Balancers guide, "Lambda functions as targets"; which responses are
malformed was observed on AWS.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache
from typing import Any

from local_aws.lambda_runtime.invocation import Reason
from local_aws.load_balancer.request import HOP_BY_HOP
from local_aws.load_balancer.response import Response

RESPONSE_BYTES = 1_048_576
HEADER_BYTES = 32_768
_CACHED_BYTES = 4_096
"""Larger responses are not cached."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_DESCRIPTION = re.compile(r"\d{3} (?P<reason>.+)")
_IGNORED_HEADERS = HOP_BY_HOP | {"content-length"}


class InvalidResponseError(Exception):
    """The function's response is malformed; the client gets a 502.

    ``reason`` is the error reason in the access log.
    """

    def __init__(self, message: str, reason: Reason = Reason.INVALID_RESPONSE) -> None:
        super().__init__(message)
        self.reason = reason


def decode_response(payload: bytes, *, multi_value: bool) -> Response:
    """Return the HTTP response that a function asks for. Raises InvalidResponseError."""
    decode = _decode_cached if len(payload) <= _CACHED_BYTES else _decode
    return decode(payload, multi_value)


def _decode(payload: bytes, multi_value: bool) -> Response:
    if len(payload) > RESPONSE_BYTES:
        raise InvalidResponseError("the response exceeds 1 MB", Reason.RESPONSE_TOO_LARGE)
    try:
        response = json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidResponseError(f"the response is not JSON: {error}") from error
    if not isinstance(response, dict):
        raise InvalidResponseError("the response is not an object")
    return Response(
        status=_status(response),
        reason=_reason(response),
        headers=_headers(response, multi_value),
        body=_body(response),
    )


_decode_cached = lru_cache(maxsize=256)(_decode)
"""Functions repeat responses. See REPEATED_REQUESTS in request_handler."""


def _status(response: dict[str, Any]) -> int:
    status = response.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise InvalidResponseError(f"statusCode is {status!r}, not a number from 200 to 599")
    return status


def _reason(response: dict[str, Any]) -> str | None:
    if "statusDescription" not in response:
        return None
    description = response["statusDescription"]
    if not isinstance(description, str) or _FORBIDDEN.search(description):
        raise InvalidResponseError(f"statusDescription is {description!r}")
    match = _DESCRIPTION.fullmatch(description)
    return match["reason"] if match else None


def _headers(response: dict[str, Any], multi_value: bool) -> tuple[tuple[str, str], ...]:
    field = "multiValueHeaders" if multi_value else "headers"
    sent = response.get(field, {})
    if not isinstance(sent, dict):
        raise InvalidResponseError(f"{field} is not an object")
    headers: list[tuple[str, str]] = []
    for name, given in sent.items():
        if multi_value and not isinstance(given, list):
            raise InvalidResponseError(f"header {name!r} is not a list")
        for value in given if multi_value else [given]:
            if not isinstance(value, str) or _FORBIDDEN.search(value):
                raise InvalidResponseError(f"header {name!r} has an invalid value")
            if _TOKEN.fullmatch(name) is None:
                raise InvalidResponseError(f"{name!r} is not a valid header name")
            if name.lower() not in _IGNORED_HEADERS:
                headers.append((name, value))
    if sum(len(name) + len(value.encode()) + 4 for name, value in headers) > HEADER_BYTES:
        raise InvalidResponseError("the headers of the response exceed 32 KB")
    return tuple(headers)


def _body(response: dict[str, Any]) -> bytes:
    body = response.get("body", "")
    if not isinstance(body, str):
        raise InvalidResponseError("body is not a string")
    encoded = response.get("isBase64Encoded", False)
    if not isinstance(encoded, bool):
        raise InvalidResponseError("isBase64Encoded is not a boolean")
    try:
        return base64.b64decode(body, validate=True) if encoded else body.encode()
    except (binascii.Error, ValueError) as error:
        raise InvalidResponseError(f"body cannot be decoded: {error}") from error
