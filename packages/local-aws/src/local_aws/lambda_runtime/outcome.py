"""How an invocation ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Error reasons as the load balancer's access log spells them.

    Source: Application Load Balancers guide, "Access logs", error reason codes.
    """

    ACCESS_DENIED = "LambdaAccessDenied"
    BAD_REQUEST = "LambdaBadRequest"
    INVALID_RESPONSE = "LambdaInvalidResponse"
    INVALID_RUNTIME = "LambdaInvalidRuntimeException"
    INVALID_ZIP = "LambdaInvalidZipFileException"
    NOT_FOUND = "LambdaResourceNotFound"
    RESPONSE_TOO_LARGE = "LambdaResponseTooLarge"
    SERVICE = "LambdaServiceException"
    THROTTLING = "LambdaThrottling"
    UNHANDLED = "LambdaUnhandled"
    WEBSOCKET = "LambdaWebsocketNotSupported"


@dataclass(frozen=True, slots=True)
class Answered:
    """What the handler returned, as the bytes that the runtime client sent."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The invocation gave no answer. ``detail`` is for the log, never for a load balancer's client.

    ``payload`` is the error as the Lambda API gives it to who invokes; empty when nothing ran.
    """

    reason: Reason
    detail: str
    payload: bytes = field(default=b"", compare=False, repr=False)


Outcome = Answered | Failed


def fault(error_type: str, request_id: str, text: str) -> Failed:
    """What Lambda itself says of an end that the function did not report."""
    message = f"RequestId: {request_id} Error: {text}"
    payload = json.dumps({"errorType": error_type, "errorMessage": message})
    return Failed(Reason.UNHANDLED, text, payload.encode())
