"""Choice of the loopback port on which a listener is served."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Sequence

from local_aws.errors import CloudError
from local_aws.load_balancer.configuration import Listener
from local_aws.ports import LOOPBACK

_TRIES = 200


def candidate_ports(
    listener: Listener,
    listeners: Sequence[Listener],
    http_port: int,
    known: int | None,
    taken: Iterable[int],
) -> list[int]:
    """Return the ports to try for a listener, best first.

    ``http_port`` is for port 80 of the first load balancer. Any other listener gets the port that
    it had before (``known``), or else one above ``http_port`` that no other listener has.
    """
    reserved = {*taken, http_port}
    candidates = [] if known is None or known in reserved else [known]
    main = next((each for each in listeners if each.port == 80), None)
    if main is not None and main.key == listener.key and http_port not in taken:
        candidates.insert(0, http_port)
    above = range(http_port + 1, min(http_port + _TRIES, 65_535))
    candidates.extend(port for port in above if port not in reserved and port != known)
    return candidates


def bind(candidates: Iterable[int]) -> socket.socket:
    """Listen on the first free port. Raises CloudError if none is free."""
    for port in candidates:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((LOOPBACK, port))
            bound.listen(1024)
        except OSError as error:
            bound.close()
            if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
                raise
        else:
            return bound
    raise CloudError("no free port for a listener", hint="choose another range with --http-port")
