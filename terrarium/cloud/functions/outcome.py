"""How an invocation ended."""

from __future__ import annotations

from dataclasses import dataclass
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
    """The invocation gave no answer. ``detail`` is for the log, never for a client."""

    reason: Reason
    detail: str


Outcome = Answered | Failed
