"""Documents and pages of their list, from the cache or from S3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, Protocol

from api.cache import Cache, Clock, Found
from api.content import Content
from api.problem import InvalidQuery, Problem, Unhealthy
from api.storage import NAME, Summary

DOCUMENT_BYTES = 16_000_000
"""Cache size for documents: an eighth of the smallest Lambda function."""

LISTING_BYTES = 1_000_000
"""Cache size for pages of the list; separate, so that requests for pages evict no document."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000


class Source(Protocol):
    """Source of documents; see Storage."""

    reads: int

    def read(self, name: str, known: Content | None = None, *, short: bool = False) -> Content: ...

    def summaries(self, limit: int, after: str | None, *, short: bool = False) -> list[Summary]: ...


class Page(NamedTuple):
    """One page of the list: at most ``limit`` documents after the document ``after``."""

    limit: int
    after: str | None

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Page:
        """Read ``limit`` and ``after``. Raises InvalidQuery for other or invalid parameters."""
        if not query.keys() <= {"limit", "after"}:
            raise InvalidQuery
        limit = query.get("limit", str(DEFAULT_LIMIT))
        if not (limit.isascii() and limit.isdecimal() and len(limit) <= 4):
            raise InvalidQuery
        if not 1 <= int(limit) <= MAX_LIMIT:
            raise InvalidQuery
        after = query.get("after")
        return cls(int(limit), None if after is None else _name_of_token(after))

    @property
    def path(self) -> str:
        token = f"&after={_token(self.after)}" if self.after else ""
        return f"/api?limit={self.limit}{token}"


class Documents:
    """Caches the source's answers for ``fresh_seconds``, and while it fails for ``stale_seconds``.

    A missing document is not cached: clients choose the names, so an attacker would choose new
    ones, and a new document would appear late.
    """

    def __init__(
        self,
        source: Source,
        *,
        fresh_seconds: float,
        stale_seconds: float,
        clock: Callable[[], float] | None = None,
    ) -> None:
        make = partial(
            Cache,
            fresh_seconds=fresh_seconds,
            stale_seconds=stale_seconds,
            clock=clock or Clock(),
        )
        self._source = source
        self._documents: Cache = make(max_bytes=DOCUMENT_BYTES)
        self._pages: Cache = make(max_bytes=LISTING_BYTES)
        self.fresh_seconds = fresh_seconds

    @classmethod
    def from_environment(cls, source: Source, environment: Mapping[str, str]) -> Documents:
        """Raises RuntimeError if FRESH_SECONDS or STALE_SECONDS is not a whole number."""
        fresh = _seconds(environment, "FRESH_SECONDS", "5")
        stale = _seconds(environment, "STALE_SECONDS", "300")
        return cls(source, fresh_seconds=fresh, stale_seconds=stale)

    @property
    def reads(self) -> int:
        """Requests to S3 so far."""
        return self._source.reads

    def document(self, name: str) -> Found:
        """Return the document of a valid name. Raises Problem."""
        return self._documents.get(
            name, lambda known, short: self._source.read(name, known, short=short)
        )

    def page(self, page: Page) -> Found:
        """Return the list: ``{"documents": [...], "next": path or null}``. Raises Problem."""
        return self._pages.get(
            page.path, lambda known, short: self._listed(page, known, short=short)
        )

    def check(self) -> None:
        """List and read S3 now, past the cache. Raises Unhealthy, which names the failed step."""
        step = "listing the documents"
        try:
            for summary in self._source.summaries(1, None, short=True):
                step = "reading a document"
                self._source.read(summary.name, short=True)
        except Problem as problem:
            raise Unhealthy(step, problem) from problem

    def _listed(self, page: Page, known: Content | None, *, short: bool) -> Content:
        found = self._source.summaries(page.limit + 1, page.after, short=short)
        shown = found[: page.limit]
        following = Page(page.limit, shown[-1].name).path if len(found) > page.limit else None
        listed = {"documents": [_entry(summary) for summary in shown], "next": following}
        text = json.dumps(listed, separators=(",", ":"))
        etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        return known if known and known.etag == etag else Content.of(text, etag)


def _entry(summary: Summary) -> dict[str, str | int]:
    modified = datetime.fromtimestamp(summary.modified, UTC)
    return {
        "name": summary.name,
        "path": f"/api/{summary.name}",
        "bytes": summary.size,
        "last_modified": f"{modified:%Y-%m-%dT%H:%M:%SZ}",
    }


def _token(name: str) -> str:
    """Encode a name in hexadecimal: opaque, and a pattern in openapi.json can describe it."""
    return name.encode().hex()


def _name_of_token(token: str) -> str:
    try:
        name = bytes.fromhex(token).decode("ascii")
    except ValueError as error:
        raise InvalidQuery from error
    if not NAME.fullmatch(name) or _token(name) != token:
        raise InvalidQuery
    return name


def _seconds(environment: Mapping[str, str], variable: str, default: str) -> int:
    value = environment.get(variable, default)
    if not (value.isascii() and value.isdecimal()):
        raise RuntimeError(f"{variable} is {value!r}: use a whole number of seconds")
    return int(value)
