"""What a rule rewrites in a request after it has matched and before a target gets it.

Source: Application Load Balancers guide, "Transforms for listener rules". Which of several places
is replaced is not documented: here it is the first.
"""

from __future__ import annotations

import re
from dataclasses import replace

from local_aws.load_balancer.configuration import Transform
from local_aws.load_balancer.request import Request, split_target
from local_aws.regular import PatternError, TooLongError, expression

_URL = re.compile(r"/[^\s\x00-\x1f\x7f#]*")
_HOST = re.compile(r"[A-Za-z0-9._\-\[\]:]+")


class TransformError(Exception):
    """The pattern matches and what comes out cannot be sent: the answer is 500."""


def rewritten(request: Request, transforms: tuple[Transform, ...]) -> Request:
    """The request as the target gets it; itself where no pattern matches. Raises TransformError."""
    for transform in transforms:
        if transform.kind == "url-rewrite":
            url = f"{request.path}?{request.query}" if request.query else request.path
            path, query = split_target(_replaced(url, transform, _URL))
            request = replace(request, path=path, query=query)
        else:
            host = _replaced(request.value("host") or "", transform, _HOST)
            headers = ((name, host if name == "host" else value) for name, value in request.headers)
            request = replace(request, headers=tuple(headers))
    return request


def _replaced(text: str, transform: Transform, form: re.Pattern[str]) -> str:
    for pattern, template in transform.rewrites:
        try:
            result = expression(pattern, transform.kind == "host-header-rewrite").replace(
                text, template
            )
        except (PatternError, TooLongError) as error:
            raise TransformError(f"{transform.kind} {pattern!r}: {error}") from error
        if result is not None:
            if form.fullmatch(result) is None:
                raise TransformError(f"{transform.kind} {pattern!r} gives {result!r}")
            return result
    return text
