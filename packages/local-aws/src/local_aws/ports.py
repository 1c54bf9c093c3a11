"""Loopback ports."""

from __future__ import annotations

import socket

from local_aws.errors import CloudError

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 4747
"""Port of the control plane."""

PORT_TAKEN = 98
"""Exit code of a control plane whose port is taken (EADDRINUSE on Linux)."""

_TRIES = 100


def is_free(port: int) -> bool:
    """Return True if a process can listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections in TIME_WAIT do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            return False
    return True


def free_port(preferred: int) -> int:
    """Return ``preferred`` if it is free, else the first free port above it.

    Another process may take it before it is used. Raises CloudError.
    """
    for port in range(preferred, min(preferred + _TRIES, 65536)):
        if is_free(port):
            return port
    raise CloudError(
        f"no free port between {preferred} and {preferred + _TRIES - 1}",
        hint="see what listens there: ss -ltnp",
    )


def accepts(port: int) -> bool:
    """Return True if a process accepts connections on this loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=2.0).close()
    except OSError:
        return False
    return True
