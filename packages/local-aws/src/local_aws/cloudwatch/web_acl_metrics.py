"""CloudWatch metrics of a web ACL: of all its rules together, not of each rule.

Source: AWS WAF developer guide, "AWS WAF metrics and dimensions".
"""

from __future__ import annotations

from local_aws.cloudwatch.metric_values import MetricValues, metric
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.rules import BlockedByWebAcl

NAMESPACE = "AWS/WAFV2"


class WebAclMetrics:
    """Counts for one web ACL; ``name`` is the name of its metrics."""

    def __init__(self, region: str, name: str) -> None:
        self.name = name
        self._region = region
        self._allowed = 0
        self._blocked = 0

    def completed(self, request: CompletedRequest) -> None:
        """Count a request. Without a decision, the web ACL did not see it."""
        if request.decision is None:
            return
        if isinstance(request.decision.outcome, BlockedByWebAcl):
            self._blocked += 1
        else:
            self._allowed += 1

    def take(self) -> MetricValues:
        """Return the counts since the last call."""
        values = MetricValues()
        counted = {"AllowedRequests": self._allowed, "BlockedRequests": self._blocked}
        dimensions = {"Region": self._region, "Rule": "ALL", "WebACL": self.name}
        for name, number in counted.items():
            if number:
                values.add(metric(NAMESPACE, name, **dimensions), number)
        self._allowed = self._blocked = 0
        return values
