"""The web ACL of a load balancer, applied to the requests of its listeners."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Response, error_page
from local_aws.waf.request_components import WebRequest
from local_aws.waf.web_acl import WebAcl

_log = logging.getLogger(__name__)


class WebAclFilter:
    """A request filter; without a web ACL it lets every request pass."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._acl: WebAcl | None = None

    def use(self, acl: WebAcl | None) -> None:
        """Apply this web ACL from the next request on. Logs the rules that are skipped."""
        if acl is self._acl:
            return
        self._acl = acl
        if acl is not None:
            for rule, reason in acl.skipped_rules.items():
                _log.warning("rule %s of %s is skipped: unsupported: %s", rule, acl.name, reason)

    def __call__(self, request: Request) -> Response | None:
        """Return the response to a blocked request, otherwise None."""
        acl = self._acl
        if acl is None:
            return None
        evaluation = acl.evaluate(
            WebRequest(
                method=request.method,
                path=request.path,
                query=request.query,
                headers=request.headers,
                body=request.body,
                peer=request.peer,
                now=self._clock(),
            )
        )
        if not evaluation.is_blocked:
            return None
        _log.info(
            "%s %s is blocked by %s of %s",
            request.method,
            request.path,
            evaluation.rule or "the default action",
            acl.name,
        )
        custom = evaluation.action.response
        if custom is None:
            return error_page(403)
        headers = (("Content-Type", custom.content_type), *custom.headers)
        return Response(custom.status, headers, custom.body)
