"""An address at which nobody ever answers: what S3 is to a function that has no way to it.

On AWS such a packet is dropped on its way; a function notices when its own timeout has passed.
"""

from __future__ import annotations

import socket

from local_aws.ports import LOOPBACK

_BACKLOG = 512


class Silence:
    """The kernel takes connections, as far as they fit, and nothing reads from them."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Opened when it is first asked for."""
        if self._socket is None:
            self._socket = socket.create_server((LOOPBACK, 0), backlog=_BACKLOG)
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
