"""Requests of one connection: bytes in, whole requests out."""

from __future__ import annotations

from typing import NamedTuple

from local_aws.load_balancer.chunks import Chunks
from local_aws.load_balancer.request_head import Head, RefusedError, check_partial, parse_head

BODY_BYTES = 1_048_576
"""Source: Application Load Balancers guide, "Lambda functions as targets", limits."""

_END = b"\r\n\r\n"
_EMPTY_LINES = 4
"""Line ends before a request that are passed over (RFC 9112, section 2.2)."""


class Message(NamedTuple):
    """A request that has come whole; ``received_bytes`` counts head and body as they came."""

    head: Head
    body: bytes
    received_bytes: int


class Incoming:
    """Holds at most a head and a body of the largest size, and what came in the same read."""

    def __init__(self) -> None:
        self._buffer = b""
        self._head: Head | None = None
        self._body: bytearray | Chunks = bytearray()
        self._received = 0
        self._scanned = 0
        self._may_continue = False

    @property
    def begun(self) -> bool:
        """Whether a part of a request has come."""
        return self._head is not None or bool(self._buffer)

    @property
    def head(self) -> Head | None:
        """Of the request whose body is still to come, or was too large to be taken."""
        return self._head

    @property
    def held_bytes(self) -> int:
        """Bytes that came and were not taken yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data

    def take(self) -> Message | None:
        """The next request, None while it is not whole. Raises RefusedError."""
        head = self._head
        if head is None:
            head = self._take_head()
            if head is None:
                return None
            if head.length == 0:
                return Message(head, b"", self._received)
            self._begin_body(head)
        body = self._take_body(head)
        if body is None:
            return None
        self._head = None
        return Message(head, body, self._received)

    def may_continue(self) -> bool:
        """True once for each request whose client waits to be told that it may send the body."""
        may, self._may_continue = self._may_continue, False
        return may

    def _take_head(self) -> Head | None:
        buffer = self._buffer
        if not buffer:
            return None
        if buffer.startswith(b"\r\n"):
            buffer = self._without_empty_lines(buffer)
        end = buffer.find(_END, self._scanned)
        if end < 0:
            check_partial(buffer)
            self._scanned = max(0, len(buffer) - len(_END) + 1)
            return None
        head = parse_head(buffer[:end])
        self._received = end + len(_END)
        self._buffer = buffer[self._received :]
        self._scanned = 0
        return head

    def _without_empty_lines(self, buffer: bytes) -> bytes:
        for _ in range(_EMPTY_LINES):
            buffer = buffer.removeprefix(b"\r\n")
        if buffer.startswith(b"\r\n"):
            raise RefusedError(400)
        self._buffer = buffer
        self._scanned = 0
        return buffer

    def _begin_body(self, head: Head) -> None:
        self._head = head
        if head.length is not None and head.length > BODY_BYTES:
            raise RefusedError(413)
        self._body = Chunks(BODY_BYTES) if head.length is None else bytearray()
        self._may_continue = head.expects_continue and not self._buffer

    def _take_body(self, head: Head) -> bytes | None:
        data, self._buffer = self._buffer, b""
        body = self._body
        if isinstance(body, Chunks):
            rest = body.feed(data)
            self._received += len(data) - len(rest or b"")
            if rest is None:
                return None
            self._buffer = rest
            return bytes(body.body)
        wanted = (head.length or 0) - len(body)
        body += data[:wanted]
        self._buffer = data[wanted:]
        self._received += len(data) - len(self._buffer)
        return bytes(body) if len(body) == head.length else None
