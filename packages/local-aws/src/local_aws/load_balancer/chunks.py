"""A body in chunks (RFC 9112, section 7.1)."""

from __future__ import annotations

import re

from local_aws.load_balancer.request_head import HEAD_BYTES, LINE_BYTES, RefusedError

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n\0]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*")


class Chunks:
    """Takes bytes as they come; ``body`` is complete when ``feed`` returns what follows it.

    Extensions are passed over, and so are trailers: an event has no place for them.
    """

    def __init__(self, limit: int) -> None:
        self.body = bytearray()
        self._limit = limit
        self._pending = bytearray()
        self._left = 0
        """Bytes of the running chunk that have not come, its line end included."""
        self._in_trailers = False
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> bytes | None:
        """None while more is to come, else the bytes after the body. Raises RefusedError."""
        self._pending += data
        while True:
            if self._left:
                self._take_data()
                if self._left:
                    return None
            line = self._take_line()
            if line is None:
                return None
            if not self._in_trailers:
                self._begin_chunk(line)
            elif not line:
                return bytes(self._pending)
            else:
                self._pass_over(line)

    def _take_data(self) -> None:
        wanted = max(0, self._left - 2)
        piece = self._pending[:wanted]
        del self._pending[: len(piece)]
        self.body += piece
        self._left -= len(piece)
        if self._left == 2 and len(self._pending) >= 2:
            if self._pending[:2] != b"\r\n":
                raise RefusedError(400)
            del self._pending[:2]
            self._left = 0

    def _take_line(self) -> bytes | None:
        end = self._pending.find(b"\n")
        if end < 0:
            if len(self._pending) > LINE_BYTES:
                raise RefusedError(400)
            return None
        line = bytes(self._pending[: end + 1])
        if end > LINE_BYTES or not line.endswith(b"\r\n"):
            raise RefusedError(400)
        del self._pending[: end + 1]
        return line[:-2]

    def _begin_chunk(self, line: bytes) -> None:
        match = _SIZE.fullmatch(line)
        if match is None:
            raise RefusedError(400)
        size = int(match[1], 16)
        if len(self.body) + size > self._limit:
            raise RefusedError(413)
        self._in_trailers = size == 0
        self._left = size + 2 if size else 0

    def _pass_over(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if self._trailer_bytes > HEAD_BYTES or _TRAILER.fullmatch(line) is None:
            raise RefusedError(400)
