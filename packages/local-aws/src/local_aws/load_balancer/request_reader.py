"""Whole requests from the bytes of one connection."""

from __future__ import annotations

import re
from typing import NamedTuple

from local_aws.load_balancer.request_head import (
    HEAD_BYTES,
    LINE_BYTES,
    RefusedError,
    RequestHead,
    check_partial_head,
    parse_head,
)

BODY_BYTES = 1_048_576
"""Source: Application Load Balancers guide, "Lambda functions as targets", limits."""

_HEAD_END = b"\r\n\r\n"
_MAX_EMPTY_LINES = 4
"""Empty lines before a request that are ignored (RFC 9112, section 2.2)."""

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n\0]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*")


class ReceivedRequest(NamedTuple):
    """A whole request; ``received_bytes`` counts head and body as they were sent."""

    head: RequestHead
    body: bytes
    received_bytes: int


class RequestReader:
    """Turns the bytes of a connection into requests.

    The buffer holds at most one head and one body of the largest size, and what arrived with them.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._head: RequestHead | None = None
        self._body: bytearray | _ChunkedBody = bytearray()
        self._received = 0
        self._searched = 0
        self._sends_continue = False

    @property
    def has_partial_request(self) -> bool:
        return self._head is not None or bool(self._buffer)

    @property
    def head(self) -> RequestHead | None:
        """The head of a request whose body is incomplete or too large."""
        return self._head

    @property
    def buffered_bytes(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data

    def next_request(self) -> ReceivedRequest | None:
        """Return the next request, or None until all of it has arrived. Raises RefusedError."""
        head = self._head
        if head is None:
            head = self._read_head()
            if head is None:
                return None
            if head.length == 0:
                return ReceivedRequest(head, b"", self._received)
            self._begin_body(head)
        body = self._read_body(head)
        if body is None:
            return None
        self._head = None
        return ReceivedRequest(head, body, self._received)

    def take_continue(self) -> bool:
        """Return True once for each request whose client waits for ``100 Continue``."""
        sends, self._sends_continue = self._sends_continue, False
        return sends

    def _read_head(self) -> RequestHead | None:
        buffer = self._buffer
        if not buffer:
            return None
        if buffer.startswith(b"\r\n"):
            buffer = self._skip_empty_lines(buffer)
        end = buffer.find(_HEAD_END, self._searched)
        if end < 0:
            check_partial_head(buffer)
            self._searched = max(0, len(buffer) - len(_HEAD_END) + 1)
            return None
        head = parse_head(buffer[:end])
        self._received = end + len(_HEAD_END)
        self._buffer = buffer[self._received :]
        self._searched = 0
        return head

    def _skip_empty_lines(self, buffer: bytes) -> bytes:
        for _ in range(_MAX_EMPTY_LINES):
            buffer = buffer.removeprefix(b"\r\n")
        if buffer.startswith(b"\r\n"):
            raise RefusedError(400)
        self._buffer = buffer
        self._searched = 0
        return buffer

    def _begin_body(self, head: RequestHead) -> None:
        self._head = head
        if head.length is not None and head.length > BODY_BYTES:
            raise RefusedError(413)
        self._body = _ChunkedBody(BODY_BYTES) if head.length is None else bytearray()
        self._sends_continue = head.expects_continue and not self._buffer

    def _read_body(self, head: RequestHead) -> bytes | None:
        data, self._buffer = self._buffer, b""
        body = self._body
        if isinstance(body, _ChunkedBody):
            rest = body.feed(data)
            self._received += len(data) - len(rest or b"")
            if rest is None:
                return None
            self._buffer = rest
            return bytes(body.content)
        missing = (head.length or 0) - len(body)
        body += data[:missing]
        self._buffer = data[missing:]
        self._received += len(data) - len(self._buffer)
        return bytes(body) if len(body) == head.length else None


class _ChunkedBody:
    """A body in chunks (RFC 9112, section 7.1). Chunk extensions and trailers are ignored."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self._limit = limit
        self._buffer = bytearray()
        self._missing = 0
        """Bytes of the current chunk that have not arrived, with its line end."""
        self._in_trailers = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> bytes | None:
        """Return the bytes after the body, or None until it is complete. Raises RefusedError."""
        self._buffer += data
        while True:
            if self._missing:
                self._read_data()
                if self._missing:
                    return None
            line = self._read_line()
            if line is None:
                return None
            if not self._in_trailers:
                self._begin_chunk(line)
            elif not line:
                return bytes(self._buffer)
            else:
                self._check_trailer(line)

    def _read_data(self) -> None:
        wanted = max(0, self._missing - 2)
        data = self._buffer[:wanted]
        del self._buffer[: len(data)]
        self.content += data
        self._missing -= len(data)
        if self._missing == 2 and len(self._buffer) >= 2:
            if self._buffer[:2] != b"\r\n":
                raise RefusedError(400)
            del self._buffer[:2]
            self._missing = 0

    def _read_line(self) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > LINE_BYTES:
                raise RefusedError(400)
            return None
        line = bytes(self._buffer[: end + 1])
        if end > LINE_BYTES or not line.endswith(b"\r\n"):
            raise RefusedError(400)
        del self._buffer[: end + 1]
        return line[:-2]

    def _begin_chunk(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise RefusedError(400)
        size = int(match[1], 16)
        if len(self.content) + size > self._limit:
            raise RefusedError(413)
        self._in_trailers = size == 0
        self._missing = size + 2 if size else 0

    def _check_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if self._trailer_bytes > HEAD_BYTES or _TRAILER.fullmatch(line) is None:
            raise RefusedError(400)
