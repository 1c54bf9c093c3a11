"""An HTTP request, as rules, web ACLs and events see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of one connection, in lower case. Source: RFC 9110, section 7.6.1."""

_AUTHORITY = re.compile(r"[^/]*://[^/?#]*")


class Request(NamedTuple):
    """An HTTP request with the client's address.

    ``path`` and ``query`` are raw, as sent. Header names are in lower case and may repeat. Bytes
    that are not UTF-8 are kept as lone surrogates (``surrogateescape``).
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: IPv4Address | IPv6Address
    peer_port: int

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, in order; ``name`` is in lower case."""
        return tuple(value for key, value in self.headers if key == name)

    def value(self, name: str) -> str | None:
        """Return the last value of a header, or None."""
        for key, value in reversed(self.headers):
            if key == name:
                return value
        return None

    def parameters(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs of the query string, still encoded; a key without ``=`` has ``""``."""
        for part in self.query.split("&"):
            if part:
                key, _, value = part.partition("=")
                yield key, value


def split_target(target: str) -> tuple[str, str]:
    """Return path and query of a request target in any form of RFC 9112, section 3.2."""
    if not target.startswith("/") and "://" in target:
        after = _AUTHORITY.sub("", target, count=1)
        target = after if after.startswith("/") else f"/{after}"
    path, _, query = target.partition("?")
    return path, query
