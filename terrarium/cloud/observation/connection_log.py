"""A connection as a line of the connection log.

Source: Application Load Balancers guide, "Connection logs", log entries. Listeners here are plain
HTTP, so every field of TLS is ``-``.
"""

from __future__ import annotations

from terrarium.cloud.load_balancer.finished import Client
from terrarium.cloud.load_balancer.model import Listener
from terrarium.cloud.observation.access_log import timestamp


def entry(listener: Listener, client: Client, opened_at: float) -> str:
    """One line, without its end; ``opened_at`` is seconds since the epoch."""
    return (
        f"{timestamp(opened_at)} {client.address} {client.port} {listener.port} "
        f'- - - "-" - - - {client.trace_id}'
    )
