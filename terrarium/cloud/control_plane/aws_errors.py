"""Errors in the shape that the SDK of each AWS protocol reads.

Shapes: https://smithy.io/2.0/aws/protocols/ (awsJson, restJson1, restXml, awsQuery, ec2Query).
"""

from __future__ import annotations

import json
import re
from enum import Enum
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from terrarium.cloud.control_plane.http import Request, Response

_REQUEST_ID = "00000000-0000-0000-0000-000000000000"
_REST_XML_SERVICES = frozenset({"s3", "s3-control", "route53", "cloudfront"})
_CREDENTIAL = re.compile(
    r"Credential=(?P<key>[^/,\s]+)/(?P<date>[^/]*)/(?P<region>[^/]*)/(?P<service>[^/]*)/"
)


class Protocol(Enum):
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    QUERY = "query"
    EC2 = "ec2"


def access_key_of(request: Request) -> str:
    """The access key id that signed the request, or an empty string."""
    return _credential(request, "key")


def service_of(request: Request) -> str:
    """The signing name of the service, or an empty string for an unsigned request."""
    return _credential(request, "service").lower()


def protocol_of(request: Request) -> Protocol:
    if request.header("x-amz-target"):
        return Protocol.JSON
    service = service_of(request)
    if service == "ec2":
        return Protocol.EC2
    if request.header("content-type").startswith("application/x-www-form-urlencoded"):
        return Protocol.QUERY
    if service in _REST_XML_SERVICES or not service:
        return Protocol.REST_XML
    return Protocol.REST_JSON


def operation_of(request: Request) -> str:
    """What the client asked for, as a person would name it: ``ec2 DescribeFleets``."""
    name = request.header("x-amz-target").rpartition(".")[2]
    if not name and protocol_of(request) in {Protocol.QUERY, Protocol.EC2}:
        form = request.body.decode("utf-8", "replace") or request.query
        name = parse_qs(form).get("Action", [""])[0]
    name = name or f"{request.method} {request.raw_path}"
    return f"{service_of(request)} {name}".strip()


def aws_error(request: Request, status: int, code: str, message: str) -> Response:
    """The error as the client's SDK expects it from this service.

    A status of 501 is retried by no SDK, while 500, 502, 503 and 504 are, for minutes.
    """
    protocol = protocol_of(request)
    if protocol in {Protocol.JSON, Protocol.REST_JSON}:
        body = json.dumps({"__type": code, "code": code, "message": message})
        kind = "application/x-amz-json-1.1" if protocol is Protocol.JSON else "application/json"
    else:
        body = _xml(protocol, escape(code), escape(message))
        kind = "text/xml"
    headers = (
        ("content-type", kind),
        ("x-amzn-errortype", code),
        ("x-amzn-requestid", _REQUEST_ID),
    )
    return Response(status, headers, body.encode())


def _xml(protocol: Protocol, code: str, message: str) -> str:
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    if protocol is Protocol.EC2:
        inner = f"<Errors><Error>{error}</Error></Errors><RequestID>{_REQUEST_ID}</RequestID>"
        document = f"<Response>{inner}</Response>"
    elif protocol is Protocol.QUERY:
        inner = f"<Error><Type>Sender</Type>{error}</Error><RequestId>{_REQUEST_ID}</RequestId>"
        document = f"<ErrorResponse>{inner}</ErrorResponse>"
    else:
        document = f"<Error>{error}<RequestId>{_REQUEST_ID}</RequestId></Error>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{document}'


def _credential(request: Request, group: str) -> str:
    match = _CREDENTIAL.search(request.header("authorization"))
    return match.group(group) if match else ""
