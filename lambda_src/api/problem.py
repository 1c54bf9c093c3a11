"""Errors in answers: ``{"error": {"code": ..., "message": ...}}``.

Problem
├── InvalidRequest      400  invalid_request
├── InvalidName         400  invalid_name
├── InvalidQuery        400  invalid_query
├── NotFound            404  not_found
├── DocumentNotFound    404  document_not_found
├── MethodNotAllowed    405  method_not_allowed, with Allow
├── PreconditionFailed  412  precondition_failed
├── InternalError       500  internal_error
├── StorageError        502  storage_error: a retry does not help
├── DocumentTooLarge    502  document_too_large: a retry does not help
├── StorageUnavailable  503  storage_unavailable, with Retry-After: a retry may help
└── Unhealthy           503  unhealthy, with Retry-After: only of /health?deep=1

A message is fixed text and repeats neither the client's request nor S3's answer.
"""

from __future__ import annotations

from typing import ClassVar

ALLOW = "GET, HEAD, OPTIONS"
_RETRY_AFTER = {"retry-after": "2"}


class Problem(Exception):  # noqa: N818 - HTTP's term; the subclasses are named after answers
    """An error of the API. ``cause`` is a few words for the log; the client never sees it."""

    status: ClassVar[int]
    code: ClassVar[str]
    message: str
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, cause: str | None = None) -> None:
        super().__init__(cause or self.message)
        self.cause = cause


class InvalidRequest(Problem):
    status = 400
    code = "invalid_request"
    message = "The request does not come from a load balancer."


class InvalidName(Problem):
    status = 400
    code = "invalid_name"
    message = (
        "A document name is 1 to 64 lower-case letters, digits, hyphens and underscores, "
        "and begins with a letter or a digit."
    )


class InvalidQuery(Problem):
    status = 400
    code = "invalid_query"
    message = "The query has an unknown parameter or an invalid value."


class NotFound(Problem):
    status = 404
    code = "not_found"
    message = "There is nothing at this path."


class DocumentNotFound(Problem):
    status = 404
    code = "document_not_found"
    message = "There is no document with this name."


class MethodNotAllowed(Problem):
    status = 405
    code = "method_not_allowed"
    message = "This path answers GET, HEAD and OPTIONS."
    headers: ClassVar[dict[str, str]] = {"allow": ALLOW}


class PreconditionFailed(Problem):
    status = 412
    code = "precondition_failed"
    message = "The document does not meet the condition of the request."


class InternalError(Problem):
    status = 500
    code = "internal_error"
    message = "The request could not be answered."


class StorageError(Problem):
    status = 502
    code = "storage_error"
    message = "The document cannot be read from storage."


class DocumentTooLarge(Problem):
    status = 502
    code = "document_too_large"
    message = "The document is larger than 1 MB, the limit for an answer."


class StorageUnavailable(Problem):
    status = 503
    code = "storage_unavailable"
    message = "The document storage does not answer; try again in a moment."
    headers: ClassVar[dict[str, str]] = _RETRY_AFTER


class Unhealthy(Problem):
    """``step`` names the failed step."""

    status = 503
    code = "unhealthy"
    headers: ClassVar[dict[str, str]] = _RETRY_AFTER

    def __init__(self, step: str, problem: Problem) -> None:
        self.message = f"{step} failed: {problem.code}."
        super().__init__(problem.cause)
