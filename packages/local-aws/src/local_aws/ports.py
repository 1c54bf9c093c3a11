"""Loopback ports: the one that was asked for, or the next that is free."""

from __future__ import annotations

import socket
from collections.abc import Collection

from local_aws.errors import CloudError

LOOPBACK = "127.0.0.1"
PORT_TAKEN = 98
"""Exit code of a process of ours that found somebody else on its port (EADDRINUSE on Linux)."""

_TRIES = 100


def is_free(port: int) -> bool:
    """Whether a process could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Like a server: a connection of the last one that is still in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True


def free_port(preferred: int, avoid: Collection[int] = ()) -> int:
    """``preferred`` if it is free, else the first free one above it.

    Another process may take it between this answer and its use. Raises CloudError.
    """
    for port in range(preferred, min(preferred + _TRIES, 65536)):
        if port not in avoid and is_free(port):
            return port
    raise CloudError(
        f"no free port between {preferred} and {preferred + _TRIES - 1}",
        hint="see what listens there: ss -ltnp",
    )


def accepts(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=2.0).close()
    except OSError:
        return False
    return True
