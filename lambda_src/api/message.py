"""The load balancer's event, and the answer to it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
A target group sends either ``headers`` or ``multiValueHeaders``, and expects the answer in the same
form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from api.problem import InvalidRequest, Problem

MAX_BODY_BYTES = 1_000_000 - 4_096
"""What :func:`wire_size` of a body may be.

The load balancer turns an answer above 1 MB into a 502 of its own. That limit is for the answer as
JSON, where a quote or a line end of the body takes two bytes; 4 KB are left for what is around the
body.
"""

_HEADERS = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


def wire_size(body: str) -> int:
    """Bytes of the body inside the answer, in the longest form that a Lambda runtime writes."""
    return len(json.dumps(body))


@dataclass(frozen=True, slots=True)
class Request:
    """What the API reads of an event. ``path`` is as the client sent it, still percent-encoded."""

    method: str
    path: str
    trace_id: str | None
    multi_value: bool

    @classmethod
    def from_event(cls, event: Any) -> Request:
        """Raises InvalidRequest for anything but an event of a load balancer."""
        try:
            method, path = event["httpMethod"], event["path"]
            multi_value = "multiValueHeaders" in event
            headers = event["multiValueHeaders" if multi_value else "headers"]
            trace_id = headers.get("x-amzn-trace-id")
            if multi_value and trace_id is not None:
                trace_id = trace_id[-1]
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise InvalidRequest(f"event without {error}") from error
        if not (isinstance(method, str) and isinstance(path, str)):
            raise InvalidRequest("event with a method or path that is not text")
        return cls(method, path, trace_id if isinstance(trace_id, str) else None, multi_value)


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is JSON text."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_problem(cls, problem: Problem) -> Answer:
        error = {"code": problem.code, "message": problem.message}
        return cls(problem.status, json.dumps({"error": error}), problem.headers)

    def to_event(self, *, head: bool, multi_value: bool) -> dict[str, Any]:
        """The answer as the load balancer reads it; ``head`` keeps all headers, but no body."""
        headers = {
            **_HEADERS,
            **self.headers,
            "content-length": str(len(self.body.encode())),
        }
        return {
            "statusCode": self.status,
            "statusDescription": f"{self.status} {HTTPStatus(self.status).phrase}",
            "isBase64Encoded": False,
            **(
                {"multiValueHeaders": {name: [value] for name, value in headers.items()}}
                if multi_value
                else {"headers": headers}
            ),
            "body": "" if head else self.body,
        }
