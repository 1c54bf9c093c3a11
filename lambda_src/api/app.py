"""Routes, and what each of them answers.

=============== ============= ==============================================================
path            methods       answer
=============== ============= ==============================================================
``/health``     GET, HEAD     the function runs; S3 is not asked, so that its failures
                              do not take every target out of service
``/api/{name}`` GET, HEAD     the document ``{name}.json``, as it is in the bucket
=============== ============= ==============================================================
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from api.log import RequestLog
from api.message import MAX_BODY_BYTES, Answer, Request, wire_size
from api.problem import (
    InternalError,
    InvalidName,
    MethodNotAllowed,
    NotFound,
    Problem,
    StorageError,
)

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Names of documents, matched in full against the raw path.

Nothing is decoded first, so no encoding of a slash or a dot can reach S3.
"""

_METHODS = ("GET", "HEAD")
_HEALTHY = Answer(200, '{"status": "ok"}')


class Documents(Protocol):
    """Where documents come from."""

    def read(self, name: str) -> str:
        """JSON text. Raises Problem."""


@dataclass(frozen=True, slots=True)
class Route:
    """``template`` is for the log; ``document`` is the name asked for, still unchecked."""

    template: str
    document: str | None = None


def route(path: str) -> Route | None:
    """The route of a raw path, or None where there is none."""
    if path == "/health":
        return Route("/health")
    if path.startswith("/api/"):
        return Route("/api/{name}", path.removeprefix("/api/"))
    return None


class Api:
    """``clock`` counts seconds."""

    def __init__(
        self, documents: Documents, log: RequestLog, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._documents = documents
        self._log = log
        self._clock = clock

    def handle(self, event: Any, *, request_id: str) -> dict[str, Any]:
        """The answer to one event, as the load balancer reads it. Logs one line; never raises."""
        started = self._clock()
        request: Request | None = None
        problem: Problem | None = None
        defect: str | None = None
        try:
            request = Request.from_event(event)
            answer = self._answer(request)
        except Problem as error:
            problem = error
            answer = Answer.of_problem(error)
        except Exception as error:
            # JSON for every answer: an exception would become the load balancer's own HTML page.
            problem = InternalError(type(error).__name__)
            defect = traceback.format_exc()
            answer = Answer.of_problem(problem)

        taken = request and route(request.path)
        self._log.write(
            status=answer.status,
            request_id=request_id,
            trace_id=request and request.trace_id,
            method=request and request.method[:16],
            route=taken and taken.template,
            duration_ms=round((self._clock() - started) * 1000, 1),
            error=problem and problem.code,
            cause=problem and problem.cause,
            traceback=defect,
        )
        return answer.to_event(
            head=request is not None and request.method == "HEAD",
            multi_value=request is not None and request.multi_value,
        )

    def _answer(self, request: Request) -> Answer:
        taken = route(request.path)
        if taken is None:
            raise NotFound
        if request.method not in _METHODS:
            raise MethodNotAllowed
        if taken.document is None:
            return _HEALTHY
        if not NAME.fullmatch(taken.document):
            raise InvalidName
        text = self._documents.read(taken.document)
        if wire_size(text) > MAX_BODY_BYTES:
            raise StorageError("document too large to serve")
        return Answer(200, text)
