"""A connection as a line of the connection log.

Source: Application Load Balancers guide, "Connection logs", log entries. Listeners here are plain
HTTP, so every field of TLS is ``-``.
"""

from __future__ import annotations

from local_aws.cloudwatch.log_entries import timestamp
from local_aws.load_balancer.completed_request import Client
from local_aws.load_balancer.configuration import Listener


def entry(listener: Listener, client: Client, opened_at: float) -> str:
    """One line, without its end; ``opened_at`` is seconds since the epoch."""
    return (
        f"{timestamp(opened_at)} {client.address} {client.port} {listener.port} "
        f'- - - "-" - - - {client.trace_id}'
    )
