"""Errors in the shape that the SDK of each AWS protocol reads.

Shapes: https://smithy.io/2.0/aws/protocols/ (awsJson, restJson1, restXml, awsQuery, ec2Query) and
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html (rpcv2Cbor, RFC 8949).
"""

from __future__ import annotations

import json
import re
from enum import Enum
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from local_aws.control_plane.http import Request, Response

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
    CBOR = "smithy-rpc-v2-cbor"


def access_key_of(request: Request) -> str:
    """Return the access key id of the signature, or an empty string."""
    return _credential(request, "key")


def service_of(request: Request) -> str:
    """Return the signing name of the service, or an empty string for an unsigned request."""
    return _credential(request, "service").lower()


def region_of(request: Request) -> str:
    """Return the Region of the signature, or an empty string for an unsigned request."""
    return _credential(request, "region").lower()


def protocol_of(request: Request) -> Protocol:
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        return Protocol.CBOR
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
    """Return service and operation for a message, like ``ec2 DescribeFleets``."""
    name = request.header("x-amz-target").rpartition(".")[2]
    if not name and protocol_of(request) in {Protocol.QUERY, Protocol.EC2}:
        form = request.body.decode("utf-8", "replace") or request.query
        name = parse_qs(form).get("Action", [""])[0]
    elif not name:
        name = _rest_operation(request)
    return f"{service_of(request)} {name}".strip()


def _rest_operation(request: Request) -> str:
    """Return the operation that the SDK names, or method, path and S3 subresource."""
    if protocol_of(request) is Protocol.CBOR:
        return request.raw_path.rpartition("/")[2]
    query = parse_qs(request.query, keep_blank_values=True)
    if "x-id" in query:
        return query["x-id"][0]
    named = next((f"?{each}" for each, values in query.items() if values == [""]), "")
    return f"{request.method} {request.raw_path}{named}"


def aws_error(request: Request, status: int, code: str, message: str) -> Response:
    """Return an error in the protocol of the service.

    SDKs repeat a request for minutes after a 500, 502, 503 or 504, but not after a 501.
    """
    protocol = protocol_of(request)
    if protocol in {Protocol.JSON, Protocol.REST_JSON}:
        text = json.dumps({"__type": code, "code": code, "message": message})
        body = text.encode()
        kind = "application/x-amz-json-1.1" if protocol is Protocol.JSON else "application/json"
    elif protocol is Protocol.CBOR:
        body = b"\xa2" + b"".join(map(_cbor, ("__type", code, "message", message)))
        kind = "application/cbor"
    else:
        body = _xml(request, escape(code), escape(message)).encode()
        kind = "text/xml"
    headers: tuple[tuple[str, str], ...] = (
        ("content-type", kind),
        ("x-amzn-errortype", code),
        ("x-amzn-requestid", _REQUEST_ID),
    )
    if protocol is Protocol.CBOR:
        headers = (*headers, ("smithy-protocol", "rpc-v2-cbor"))
    return Response(status, headers, body)


def _cbor(text: str) -> bytes:
    """Encode a text with a length of two bytes; 0xa2, above, is a map of two pairs."""
    content = text.encode()[:0xFFFF]
    return b"\x79" + len(content).to_bytes(2, "big") + content


def _xml(request: Request, code: str, message: str) -> str:
    error = f"<Code>{code}</Code><Message>{message}</Message>"
    protocol = protocol_of(request)
    if protocol is Protocol.EC2:
        inner = f"<Errors><Error>{error}</Error></Errors><RequestID>{_REQUEST_ID}</RequestID>"
        document = f"<Response>{inner}</Response>"
    elif protocol is Protocol.QUERY or not _is_s3(request):
        inner = f"<Error><Type>Sender</Type>{error}</Error><RequestId>{_REQUEST_ID}</RequestId>"
        document = f"<ErrorResponse>{inner}</ErrorResponse>"
    else:
        document = f"<Error>{error}<RequestId>{_REQUEST_ID}</RequestId></Error>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{document}'


def _is_s3(request: Request) -> bool:
    """Return whether the error is not wrapped, unlike one of S3 Control, which signs as S3."""
    return service_of(request) in {"s3", ""} and not request.raw_path.startswith("/v20180820/")


def _credential(request: Request, group: str) -> str:
    match = _CREDENTIAL.search(request.header("authorization"))
    return match.group(group) if match else ""
