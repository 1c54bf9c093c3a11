"""One HTTP request, as the rules and the event see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

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
"""Headers of one connection, lower case. Source: RFC 9110, section 7.6.1."""


@dataclass(slots=True)
class Request:
    """Not to be changed once it is made, and not frozen, which would cost four times as much.

    ``path`` and ``query`` are raw, as sent; header names are lower case and may repeat.

    Bytes that are not UTF-8 are kept as lone surrogates (``surrogateescape``).
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: IPv4Address | IPv6Address
    peer_port: int
    _last: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._last = dict(self.headers)

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, in order; ``name`` is lower case."""
        if name not in self._last:
            return ()
        return tuple(value for key, value in self.headers if key == name)

    def value(self, name: str) -> str | None:
        """The last value of a header, or None."""
        return self._last.get(name)

    def parameters(self) -> Iterator[tuple[str, str]]:
        """Pairs of the query string, not decoded; a key without ``=`` has the value ``""``."""
        for part in self.query.split("&"):
            if part:
                key, _, value = part.partition("=")
                yield key, value


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a request target in any of its forms (RFC 9112, section 3.2)."""
    if not target.startswith("/") and "://" in target:
        after = _AUTHORITY.sub("", target, count=1)
        target = after if after.startswith("/") else f"/{after}"
    path, _, query = target.partition("?")
    return path, query


_AUTHORITY = re.compile(r"[^/]*://[^/?#]*")
