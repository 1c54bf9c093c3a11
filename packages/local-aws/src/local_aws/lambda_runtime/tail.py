"""The end of what one invocation logged, for the caller who asks for it.

Source: Lambda API reference, Invoke, ``LogResult``.
"""

from __future__ import annotations

import base64
from collections import deque

TAIL_BYTES = 4_096


class Tail:
    """Keeps the last TAIL_BYTES of what it is told."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._bytes = 0

    def write(self, message: str) -> None:
        self._add(message[-TAIL_BYTES:].encode(errors="replace"))

    def follow(self, other: Tail) -> None:
        """Add what the other holds."""
        self._add(other.content)

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)[-TAIL_BYTES:]

    def encoded(self) -> str:
        """In base64, as the API has it."""
        return base64.b64encode(self.content).decode()

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._bytes += len(piece)
        while self._bytes - len(self._pieces[0]) >= TAIL_BYTES:
            self._bytes -= len(self._pieces.popleft())
