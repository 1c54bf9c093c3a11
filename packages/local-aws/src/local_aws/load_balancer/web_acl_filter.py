"""The web ACL in front of a load balancer's listeners."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from local_aws.load_balancer import pages
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.response import Answer
from local_aws.waf.request_components import Inspection
from local_aws.waf.web_acl import WebAcl

_log = logging.getLogger(__name__)


class Firewall:
    """A guard of requests; lets all of them through while there is no web ACL."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._acl: WebAcl | None = None

    def use(self, acl: WebAcl | None) -> None:
        """Judge by this one from the next request on; says what it cannot evaluate."""
        if acl is self._acl:
            return
        self._acl = acl
        if acl is not None:
            for rule, reason in acl.left_out.items():
                _log.warning("rule %s of %s is not evaluated here: %s", rule, acl.name, reason)

    def __call__(self, request: Request) -> Answer | None:
        """The answer to a request that is blocked."""
        acl = self._acl
        if acl is None or (not acl.rules and acl.default.kind == "allow"):
            return None
        verdict = acl.judge(
            Inspection(
                method=request.method,
                path=request.path,
                query=request.query,
                headers=request.headers,
                body=request.body,
                peer=request.peer,
                now=self._clock(),
            )
        )
        if not verdict.is_blocked:
            return None
        _log.info(
            "%s %s is blocked by %s of %s",
            request.method,
            request.path,
            verdict.rule or "the default action",
            acl.name,
        )
        custom = verdict.action.response
        if custom is None:
            return pages.error(403)
        headers = (("Content-Type", custom.content_type), *custom.headers)
        return Answer(custom.status, headers, custom.body)
