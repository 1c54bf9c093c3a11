"""The event of a Lambda target.

Source: Application Load Balancers guide, "Lambda functions as targets".
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from local_aws.load_balancer.request import Request

TRACE_PLACEHOLDER = secrets.token_hex(16)
"""Random, so that no client can send it."""

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})


class InvalidEventError(Exception):
    """The request has headers or a text body that are not UTF-8, which JSON cannot hold."""


class EventTemplate(NamedTuple):
    """An event without its trace id, which is new for each request."""

    before: bytes
    after: bytes

    def event(self, trace: str) -> bytes:
        """Return the event as JSON. Raises InvalidEventError."""
        return b"".join((self.before, _encode(trace)[1:-1], self.after))


def event_template(
    request: Request,
    headers: tuple[tuple[str, str], ...],
    *,
    target_group_arn: str,
    multi_value: bool,
) -> EventTemplate:
    """Return the template of an event whose headers have TRACE_PLACEHOLDER as trace id."""
    event = encode_event(
        request, headers, target_group_arn=target_group_arn, multi_value=multi_value
    )
    before, _, after = event.partition(TRACE_PLACEHOLDER.encode())
    return EventTemplate(before, after)


def encode_event(
    request: Request,
    headers: tuple[tuple[str, str], ...],
    *,
    target_group_arn: str,
    multi_value: bool,
) -> bytes:
    """Return the event as JSON; ``headers`` are the target's. Raises InvalidEventError."""
    body, is_base64 = _body(request)
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if multi_value:
        event["multiValueQueryStringParameters"] = _group_values(request.parameters())
        event["multiValueHeaders"] = _group_values(headers)
    else:
        event["queryStringParameters"] = dict(request.parameters())
        event["headers"] = dict(headers)
    event |= {"body": body, "isBase64Encoded": is_base64}
    return _encode(event)


_to_json = json.JSONEncoder(ensure_ascii=False).encode


def _encode(value: Any) -> bytes:
    try:
        return _to_json(value).encode()
    except UnicodeEncodeError as error:
        raise InvalidEventError("the request has bytes that are not UTF-8") from error


def _body(request: Request) -> tuple[str, bool]:
    if not request.body:
        return "", False
    if request.value("content-encoding") is None and _is_text(request.value("content-type")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError as error:
            raise InvalidEventError("the body is not UTF-8") from error
    return base64.b64encode(request.body).decode(), True


def _is_text(content_type: str | None) -> bool:
    if content_type is None:
        return False
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type.startswith("text/") or media_type in _TEXT_TYPES


def _group_values(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
