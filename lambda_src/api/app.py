"""Routes and their answers.

================= =============================================================================
path              answer to GET and HEAD; OPTIONS answers with the allowed methods and CORS
================= =============================================================================
``/health``       200 while the function runs, without asking S3: a failure of S3 must not take
                  every target out of service. ``?deep=1`` asks S3 and names a failed step
``/api``          the list of documents, in pages
``/api/{name}``   the document ``{name}.json``, as it is in the bucket
``/openapi.json`` this API as OpenAPI 3.1
================= =============================================================================
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from api.cache import Found
from api.condition import not_modified
from api.content import Content
from api.cors import Cors
from api.documents import Documents, Page
from api.log import RequestLog
from api.message import Answer, Request
from api.problem import (
    ALLOW,
    InternalError,
    InvalidName,
    InvalidQuery,
    MethodNotAllowed,
    NotFound,
    Problem,
)
from api.storage import NAME

_HEALTHY = '{"status": "ok"}'
_SECURITY = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_STALE = '110 - "Response is Stale", 111 - "Revalidation Failed"'
_NOT_IN_304 = ("content-encoding", "content-length", "content-type", "last-modified")
_DOCUMENT = "/api/"


class Route(NamedTuple):
    """``template`` is for the log; ``document`` is the requested name, not validated."""

    template: str
    document: str | None = None


_ROUTES = {path: Route(path) for path in ("/health", "/api", "/openapi.json")}


def route(path: str) -> Route | None:
    """Return the route of a raw path, or None."""
    if path.startswith(_DOCUMENT):
        return Route("/api/{name}", path[len(_DOCUMENT) :])
    return _ROUTES.get(path)


class Api:
    """Answers requests and logs them. ``clock`` counts seconds."""

    def __init__(
        self,
        documents: Documents,
        cors: Cors,
        log: RequestLog,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._documents = documents
        self._cors = cors
        self._log = log
        self._clock = clock
        vary = "Accept-Encoding, Origin" if cors.varies else "Accept-Encoding"
        self._common = {**_SECURITY, "vary": vary}
        self._cache_control = {"cache-control": f"max-age={documents.fresh_seconds}"}

    def handle(self, event: Any, *, request_id: str) -> dict[str, Any]:
        """Return the load balancer's answer to one event. Logs one line; never raises."""
        started = self._clock()
        reads = self._documents.reads
        request: Request | None = None
        matched: Route | None = None
        problem: Problem | None = None
        defect: str | None = None
        headers = self._common
        try:
            request = Request.from_event(event)
            headers = {**headers, **self._cors.headers(request.headers.get("origin"))}
            matched = route(request.path)
            answer = self._answer(request, matched, headers)
        except Problem as error:
            problem = error
            answer = Answer.of_problem(error, headers)
        except Exception as error:
            # The load balancer would turn an exception into an HTML page.
            problem = InternalError(type(error).__name__)
            defect = traceback.format_exc()
            answer = Answer.of_problem(problem, headers)

        self._log.write(
            status=answer.status,
            cache=answer.cache,
            request_id=request_id,
            trace_id=(request and request.headers.get("x-amzn-trace-id", "")[:256]) or None,
            method=request and request.method[:16],
            route=matched.template if matched else "none",
            duration_ms=round((self._clock() - started) * 1000, 3),
            storage_reads=self._documents.reads - reads,
            error=problem and problem.code,
            cause=problem and problem.cause,
            traceback=defect,
        )
        return answer.to_event(
            head=request is not None and request.method == "HEAD",
            multi_value=request is not None and request.multi_value,
        )

    def _answer(self, request: Request, matched: Route | None, headers: dict[str, str]) -> Answer:
        if matched is None:
            raise NotFound
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            raise MethodNotAllowed
        if matched.document is not None and not NAME.fullmatch(matched.document):
            raise InvalidName
        if request.method == "OPTIONS":
            return Answer(204, {**headers, "allow": ALLOW, **self._cors.preflight(request.headers)})
        if matched.document is not None:
            return self._found(request, self._documents.document(matched.document), headers)
        if matched.template == "/api":
            found = self._documents.page(Page.of_query(request.query))
            return self._found(request, found, headers)
        if matched.template == "/health":
            return self._health(request, headers)
        return self._content(request, _openapi(), headers)

    def _health(self, request: Request, headers: dict[str, str]) -> Answer:
        deep = request.query.get("deep", "0")
        if deep not in ("0", "1"):
            raise InvalidQuery
        if deep == "1":
            self._documents.check()
        return Answer.of_text(200, _HEALTHY, headers)

    def _found(self, request: Request, found: Found, headers: dict[str, str]) -> Answer:
        if found.age is not None:
            headers["age"] = str(int(found.age))
        if found.cache == "stale":
            headers["warning"] = _STALE
        return self._content(request, found.content, headers, cache=found.cache)

    def _content(
        self, request: Request, content: Content, headers: dict[str, str], cache: str = "none"
    ) -> Answer:
        chosen = content.representation(request.headers.get("accept-encoding"))
        headers = {**headers, **self._cache_control, **chosen.headers}
        if not_modified(request.headers, chosen.etag, content.modified):
            for name in _NOT_IN_304:
                headers.pop(name, None)
            return Answer(304, headers, cache=cache)
        return Answer(200, headers, chosen.body, chosen.is_base64, cache)


@cache
def _openapi() -> Content:
    text = Path(__file__).with_name("openapi.json").read_text("utf-8")
    return Content.of(text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"')
