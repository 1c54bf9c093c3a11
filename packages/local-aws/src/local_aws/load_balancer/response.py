"""What goes back to the client."""

from __future__ import annotations

from typing import NamedTuple

SERVER = "awselb/2.0"


class Answer(NamedTuple):
    """``headers`` hold neither Content-Length nor anything of the connection.

    ``error_reason`` is what the access log would say; ``close`` ends the connection afterwards.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    reason: str | None = None
    error_reason: str | None = None
    close: bool = False
