"""A call of a function by the Lambda API, on its way from the control plane to the workers.

On the wire each message is a line of JSON, in it ``length``, and then as many bytes of payload.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

HEAD_BYTES = 65_536
"""Bytes that the line of JSON has at most."""


class Kind(StrEnum):
    """Values of ``InvocationType``. Source: Lambda API reference, Invoke."""

    DRY_RUN = "DryRun"
    EVENT = "Event"
    REQUEST_RESPONSE = "RequestResponse"


@dataclass(frozen=True, slots=True)
class Call:
    """``arn`` has a qualifier if the caller gave one; ``mark`` says of which configuration he
    spoke, see control_plane.changes. ``with_log`` asks for the end of the log; ``client_context``
    is JSON, or empty."""

    token: str = field(repr=False)
    arn: str
    kind: Kind
    with_log: bool
    trace_id: str
    client_context: str
    mark: str
    payload: bytes = field(repr=False)

    def encode(self) -> bytes:
        return _encode(asdict(self))

    @classmethod
    def decode(cls, head: dict[str, Any], payload: bytes) -> Call:
        """Raises ValueError."""
        try:
            return cls(**{**head, "kind": Kind(head["kind"]), "payload": payload})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a call: {error}") from error


class Ending(StrEnum):
    """ACCEPTED: a dry run that would have run, or an event that will. REFUSED: nothing ran."""

    ACCEPTED = "accepted"
    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Return:
    """How a call ended. ``reason`` and ``detail`` are of one that was refused; the payload is the
    handler's answer, or the error as Lambda has it; ``log`` is the end of the log in base64."""

    ending: Ending
    request_id: str = ""
    version: str = ""
    reason: str = ""
    detail: str = ""
    log: str = ""
    payload: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        return _encode(asdict(self))

    @classmethod
    def decode(cls, head: dict[str, Any], payload: bytes) -> Return:
        """Raises ValueError."""
        try:
            return cls(**{**head, "ending": Ending(head["ending"]), "payload": payload})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a return: {error}") from error


def head_of(line: bytes) -> tuple[dict[str, Any], int]:
    """The line of JSON without its length, and that. Raises ValueError."""
    head = json.loads(line)
    if not isinstance(head, dict) or not isinstance(head.get("length"), int):
        raise ValueError("not the head of a message")  # noqa: TRY004 - as bad as no JSON at all
    return head, head.pop("length")


def _encode(fields: dict[str, Any]) -> bytes:
    payload: bytes = fields.pop("payload")
    return json.dumps({**fields, "length": len(payload)}).encode() + b"\n" + payload
