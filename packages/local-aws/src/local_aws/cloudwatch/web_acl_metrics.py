"""What CloudWatch gets to know of a web ACL: all of its rules together, not each by itself.

Source: AWS WAF developer guide, "AWS WAF metrics and dimensions".
"""

from __future__ import annotations

from local_aws.cloudwatch.metric_values import Minute, metric
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.rules import BlockedByWebAcl

NAMESPACE = "AWS/WAFV2"


class FirewallTally:
    """Counts for one web ACL, by the name that its metrics have."""

    def __init__(self, region: str, web_acl: str) -> None:
        self.web_acl = web_acl
        self._region = region
        self._allowed = 0
        self._blocked = 0

    def finished(self, completed: CompletedRequest) -> None:
        """A request that came to no decision did not come to the web ACL either."""
        if completed.decision is None:
            return
        if isinstance(completed.decision.outcome, BlockedByWebAcl):
            self._blocked += 1
        else:
            self._allowed += 1

    def take(self) -> Minute:
        minute = Minute()
        counted = {"AllowedRequests": self._allowed, "BlockedRequests": self._blocked}
        place = {"Region": self._region, "Rule": "ALL", "WebACL": self.web_acl}
        for name, number in counted.items():
            if number:
                minute.add(metric(NAMESPACE, name, **place), number)
        self._allowed = self._blocked = 0
        return minute
