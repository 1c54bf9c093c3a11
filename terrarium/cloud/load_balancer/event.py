"""A request as the event of a Lambda target.

Source: Application Load Balancers guide, "Lambda functions as targets".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from terrarium.cloud.load_balancer.request import Request

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})


class BadEventError(Exception):
    """Headers or a text body that are not UTF-8: an event cannot hold them."""


def build(
    request: Request,
    headers: tuple[tuple[str, str], ...],
    *,
    target_group_arn: str,
    multi_value: bool,
) -> bytes:
    """The event as JSON. ``headers`` are those for the target. Raises BadEventError."""
    body, is_base64 = _body(request)
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if multi_value:
        event["multiValueQueryStringParameters"] = _multi(request.parameters())
        event["multiValueHeaders"] = _multi(headers)
    else:
        event["queryStringParameters"] = dict(request.parameters())
        event["headers"] = dict(headers)
    event["body"] = body
    event["isBase64Encoded"] = is_base64
    try:
        return json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadEventError("the request holds bytes that are not UTF-8") from error


def _body(request: Request) -> tuple[str, bool]:
    if not request.body:
        return "", False
    if request.value("content-encoding") is None and _is_text(request.value("content-type")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError as error:
            raise BadEventError("the body is not UTF-8") from error
    return base64.b64encode(request.body).decode(), True


def _is_text(content_type: str | None) -> bool:
    if content_type is None:
        return False
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in _TEXT_TYPES


def _multi(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values
