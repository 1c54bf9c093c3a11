"""A JSON text with its headers and validators, plain and compressed."""

from __future__ import annotations

import base64
import gzip
import re
import sys
from email.utils import formatdate
from functools import lru_cache
from typing import NamedTuple

from api.message import JSON_HEADERS, MAX_BODY_BYTES, wire_size
from api.problem import DocumentTooLarge

GZIP_FROM_BYTES = 1_000
"""Size from which compression saves a packet."""

_CODING = re.compile(
    r"([!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


class Representation(NamedTuple):
    """One form of a content. ``headers`` are those that depend on the body, with ``etag``."""

    body: str
    is_base64: bool
    etag: str
    headers: dict[str, str]


class Content(NamedTuple):
    """``etag`` comes from the source; ``modified`` is seconds since the epoch; ``size`` is bytes.

    The compressed form has the same tag as a weak tag: its bytes depend on zlib, which may differ
    between execution environments (RFC 9110, section 8.8.1).
    """

    etag: str
    modified: int | None
    identity: Representation
    gzip: Representation | None
    size: int

    @classmethod
    def of(cls, text: str, etag: str, modified: int | None = None) -> Content:
        """Raises DocumentTooLarge if a load balancer would not accept it from a function."""
        if wire_size(text) > MAX_BODY_BYTES:
            raise DocumentTooLarge
        dated = {} if modified is None else {"last-modified": formatdate(modified, usegmt=True)}
        plain = text.encode()
        identity = _represent(text, len(plain), etag, dated)
        packed = _packed(plain)
        if packed is None:
            return cls(etag, modified, identity, None, sys.getsizeof(text))
        body, length = packed
        encoded = {**dated, "content-encoding": "gzip"}
        compressed = _represent(body, length, f"W/{etag}", encoded, is_base64=True)
        size = sys.getsizeof(text) + sys.getsizeof(body)
        return cls(etag, modified, identity, compressed, size)

    def representation(self, accept_encoding: str | None) -> Representation:
        """Return the form for a client that sent this header."""
        if self.gzip and accept_encoding and prefers_gzip(accept_encoding):
            return self.gzip
        return self.identity


def _represent(
    body: str, length: int, etag: str, more: dict[str, str], *, is_base64: bool = False
) -> Representation:
    headers = {**JSON_HEADERS, **more, "etag": etag, "content-length": str(length)}
    return Representation(body, is_base64, etag, headers)


def _packed(plain: bytes) -> tuple[str, int] | None:
    """Return the compressed text in base64 and its length before base64; None if not worth it."""
    if len(plain) < GZIP_FROM_BYTES:
        return None
    packed = gzip.compress(plain, 6, mtime=0)
    body = base64.b64encode(packed).decode()
    return (body, len(packed)) if len(body) <= MAX_BODY_BYTES else None


@lru_cache(maxsize=64)
def prefers_gzip(accept_encoding: str) -> bool:
    """Return whether the client accepts gzip at least as much as no coding (RFC 9110, 12.5.3).

    A malformed header counts as no header.
    """
    weights = {}
    for part in accept_encoding.lower().split(","):
        item = part.strip(" \t")
        match = _CODING.fullmatch(item)
        if match:
            weights[match[1]] = float(match[2] or 1)
        elif item:
            return False
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0)))
    return weight > 0 and weight >= weights.get("identity", 0)
