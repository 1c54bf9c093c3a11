"""The load balancer's event, and the answer to it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
A target group sends either ``headers`` or ``multiValueHeaders``, and expects the answer in the same
form.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from api.problem import InvalidRequest, Problem

MAX_BODY_BYTES = 1_000_000 - 4_096
"""Limit for :func:`wire_size` of a body.

The load balancer answers 502 when an answer exceeds 1 MB. The limit is for the answer as JSON,
where a quote or a line end of the body takes two bytes; 4 KB remain for everything around it.
"""

JSON_HEADERS = {"content-type": "application/json"}
_DESCRIPTIONS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def wire_size(body: str) -> int:
    """Return the bytes of the body inside the answer, in the longest form that Lambda writes."""
    return len(json.dumps(body))


class Request(NamedTuple):
    """The parts of an event that the API reads. ``path`` and ``query`` are percent-encoded.

    Header names are lower case, as a load balancer sends them; repeated headers are joined.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    multi_value: bool

    @classmethod
    def from_event(cls, event: Any) -> Request:
        """Read a load balancer's event. Raises InvalidRequest for anything else."""
        try:
            method, path = event["httpMethod"], event["path"]
            multi_value = "multiValueHeaders" in event
            if multi_value:
                sent = event["multiValueHeaders"].items()
                headers = {name: ", ".join(values) for name, values in sent}
                pairs = (event.get("multiValueQueryStringParameters") or {}).items()
                # The last value counts, as for a load balancer that sends single values.
                query = {name: values[-1] for name, values in pairs}
            else:
                headers = event["headers"]
                query = event.get("queryStringParameters") or {}
            texts = (method, path, *headers.values(), *query.values())
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise InvalidRequest(f"event without {error}") from error
        if not all(isinstance(text, str) for text in texts):
            raise InvalidRequest("event with a value that is not text")
        return cls(method, path, query, headers, multi_value)


class Answer(NamedTuple):
    """An answer. ``body`` is JSON text, or base64 with a ``content-encoding``; ``headers`` contain
    its ``content-length``. ``cache`` is for the log.
    """

    status: int
    headers: dict[str, str]
    body: str = ""
    is_base64: bool = False
    cache: str = "none"

    @classmethod
    def of_text(cls, status: int, text: str, headers: dict[str, str]) -> Answer:
        """Make an answer that no cache may store."""
        length = str(len(text.encode()))
        fixed = {**JSON_HEADERS, "cache-control": "no-store", "content-length": length}
        return cls(status, {**headers, **fixed}, text)

    @classmethod
    def of_problem(cls, problem: Problem, headers: dict[str, str]) -> Answer:
        error = {"code": problem.code, "message": problem.message}
        return cls.of_text(
            problem.status, json.dumps({"error": error}), {**headers, **problem.headers}
        )

    def to_event(self, *, head: bool, multi_value: bool) -> dict[str, Any]:
        """Return the answer for the load balancer; ``head`` drops the body only."""
        return {
            "statusCode": self.status,
            "statusDescription": _DESCRIPTIONS[self.status],
            "isBase64Encoded": self.is_base64 and not head,
            **(
                {"multiValueHeaders": {name: [value] for name, value in self.headers.items()}}
                if multi_value
                else {"headers": self.headers}
            ),
            "body": "" if head else self.body,
        }
