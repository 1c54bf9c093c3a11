"""Messages of Invoke between the control plane, which takes the call, and the data plane.

A message is one line of JSON, with the key ``length``, followed by so many bytes of payload.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

HEAD_BYTES = 65_536
"""Limit of the line of JSON."""


class InvocationType(StrEnum):
    """Source: Lambda API reference, Invoke."""

    DRY_RUN = "DryRun"
    EVENT = "Event"
    REQUEST_RESPONSE = "RequestResponse"


class InvokeStatus(StrEnum):
    """ACCEPTED: a dry run or an event. REFUSED: the function did not run."""

    ACCEPTED = "accepted"
    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"


class _Message:
    def encode(self) -> bytes:
        fields = asdict(self)  # type: ignore[call-overload] # every subclass is a dataclass
        payload: bytes = fields.pop("payload")
        return json.dumps({**fields, "length": len(payload)}).encode() + b"\n" + payload

    @classmethod
    def decode(cls, head: dict[str, Any], payload: bytes) -> Self:
        """Make it from a head without its length. Raises ValueError."""
        try:
            return cls(**{**head, "payload": payload})
        except TypeError as error:
            raise ValueError(f"not an Invoke message: {error}") from error


@dataclass(frozen=True)
class InvokeRequest(_Message):
    """A call of Invoke.

    ``token`` proves that the control plane sent it. ``arn`` has a qualifier if the caller gave
    one. ``mark`` is the version of the configuration, see control_plane.changes. ``with_log``
    asks for the LogResult tail. ``client_context`` is JSON or empty.
    """

    token: str = field(repr=False)
    arn: str
    invocation_type: str
    with_log: bool
    trace_id: str
    client_context: str
    mark: str
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class InvokeResponse(_Message):
    """The result of a call of Invoke.

    ``reason`` and ``detail`` are set if it is refused. The payload is the handler's response or
    Lambda's error document; ``log`` is the LogResult tail in base64.
    """

    status: str
    request_id: str = ""
    version: str = ""
    reason: str = ""
    detail: str = ""
    log: str = ""
    payload: bytes = field(default=b"", repr=False)


def decode_head(line: bytes) -> tuple[dict[str, Any], int]:
    """Parse the line of JSON; return it without its length, and the length. Raises ValueError."""
    head = json.loads(line)
    if not isinstance(head, dict) or not isinstance(head.get("length"), int):
        raise ValueError("not the head of a message")  # noqa: TRY004 - like invalid JSON
    return head, head.pop("length")
