"""Transforms: what a rule rewrites in a request after it has matched.

Source: Application Load Balancers guide, "Transforms for listener rules". The guide does not say
which of several matches is replaced; here it is the first.
"""

from __future__ import annotations

import re

from local_aws.load_balancer.configuration import Transform
from local_aws.load_balancer.request import Request, split_target
from local_aws.regex import PatternError, Regex

_URL = re.compile(r"/[^\s\x00-\x1f\x7f#]*")
_HOST = re.compile(r"[A-Za-z0-9._\-\[\]:]+")


class TransformError(Exception):
    """A transform gives a value that cannot be sent; the client gets a 500."""


def apply_transforms(request: Request, transforms: tuple[Transform, ...]) -> Request:
    """Return the request as the target receives it. Raises TransformError."""
    for transform in transforms:
        if transform.kind == "url-rewrite":
            url = f"{request.path}?{request.query}" if request.query else request.path
            path, query = split_target(_rewrite(url, transform, _URL))
            request = request._replace(path=path, query=query)
        else:
            host = _rewrite(request.value("host") or "", transform, _HOST)
            headers = ((name, host if name == "host" else value) for name, value in request.headers)
            request = request._replace(headers=tuple(headers))
    return request


def _rewrite(text: str, transform: Transform, valid: re.Pattern[str]) -> str:
    """Apply the first rewrite whose pattern matches; the text itself if none does."""
    for pattern, template in transform.rewrites:
        try:
            regex = Regex(pattern, ignore_case=transform.kind == "host-header-rewrite")
            rewritten = regex.replace_first(text, template)
        except PatternError as error:
            raise TransformError(f"{transform.kind} {pattern!r}: {error}") from error
        if rewritten is not None:
            if valid.fullmatch(rewritten) is None:
                raise TransformError(f"{transform.kind} {pattern!r} gives {rewritten!r}")
            return rewritten
    return text
