"""A request as the event of a Lambda target.

The JSON is put together here, string by string, in half the time that an encoder takes for it.
Source: Application Load Balancers guide, "Lambda functions as targets".
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from json.encoder import encode_basestring as _text
from typing import NamedTuple

from local_aws.load_balancer.request import Request

TRACE = f"Root={secrets.token_hex(16)}"
"""Stands for a trace id while a form is made. No client knows it, or it could tear the form."""

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
    if multi_value:
        values = (
            f'"multiValueQueryStringParameters": {_lists(request.parameters())}, '
            f'"multiValueHeaders": {_lists(headers)}'
        )
    else:
        values = (
            f'"queryStringParameters": {_object(request.parameters())}, '
            f'"headers": {_object(headers)}'
        )
    event = (
        f'{{"requestContext": {{"elb": {{"targetGroupArn": {_text(target_group_arn)}}}}}, '
        f'"httpMethod": {_text(request.method)}, "path": {_text(request.path)}, '
        f'{values}, "body": {_text(body)}, "isBase64Encoded": {"true" if is_base64 else "false"}}}'
    )
    return _encoded(event)


class Form(NamedTuple):
    """The event of a request but for its trace id, which is another each time it comes."""

    before: bytes
    after: bytes

    @classmethod
    def of(cls, event: bytes) -> Form:
        """Of an event in which TRACE stands for the trace id."""
        before, _, after = event.partition(TRACE.encode())
        return cls(before, after)

    def event(self, trace: str) -> bytes:
        """The event as JSON. Raises BadEventError."""
        return b"".join((self.before, _encoded(_text(trace)[1:-1]), self.after))


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
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


def _object(pairs: Iterable[tuple[str, str]]) -> str:
    """A JSON object; of a repeated name the last value counts."""
    members = [f"{_text(name)}: {_text(value)}" for name, value in dict(pairs).items()]
    return f"{{{', '.join(members)}}}"


def _lists(pairs: Iterable[tuple[str, str]]) -> str:
    """A JSON object with a list for every name."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(_text(value))
    members = [f"{_text(name)}: [{', '.join(each)}]" for name, each in values.items()]
    return f"{{{', '.join(members)}}}"
