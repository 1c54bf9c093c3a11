"""CloudWatch metrics of a load balancer.

Source: Application Load Balancers guide, "CloudWatch metrics" with dimensions, and "Access logs",
error reason codes, for what counts as LambdaInternalError; Elastic Load Balancing pricing, LCU
details. Metrics by Availability Zone are left out: there is one zone here.
"""

from __future__ import annotations

from collections import defaultdict

from local_aws.cloudwatch.log_entries import LoadBalancerId, is_target_response, was_dispatched
from local_aws.cloudwatch.metric_values import MetricValues, metric, rounded
from local_aws.lambda_runtime.invocation import Reason
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.configuration import FixedResponse, Redirect
from local_aws.load_balancer.rules import InvokeFunction

NAMESPACE = "AWS/ApplicationELB"

_INTERNAL = frozenset({Reason.SERVICE, "LambdaConnectionTimeout", "LambdaUnhandledException"})
_STATUSES_WITH_A_METRIC = frozenset({500, 502, 503, 504})
_FREE_RULES = 10


class LoadBalancerMetrics:
    """Counts for one load balancer."""

    def __init__(self, load_balancer: LoadBalancerId) -> None:
        self._resource_id = load_balancer.resource_id
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._groups: dict[str, _TargetGroupMetrics] = {}
        self._active = 0
        self._most_active = 0
        self._paid_evaluations = 0
        """Rule evaluations beyond the free ones."""

    @property
    def is_idle(self) -> bool:
        return self._active == 0 and not self._counts

    def connected(self) -> None:
        self._active += 1
        self._most_active = max(self._most_active, self._active)
        self._counts["NewConnectionCount"] += 1

    def disconnected(self) -> None:
        self._active = max(0, self._active - 1)

    def completed(self, request: CompletedRequest) -> None:
        counts, answer = self._counts, request.response
        size = request.received_bytes + request.sent_bytes
        counts["ProcessedBytes"] += size
        if request.classification_reason is not None:
            counts["DesyncMitigationMode_NonCompliant_Request_Count"] += 1
        decision = request.decision
        outcome = None if decision is None else decision.outcome
        if decision is not None and decision.rule is not None:
            rules = request.listener.rules.index(decision.rule) + 1
            counts["RuleEvaluations"] += rules
            self._paid_evaluations += max(0, rules - _FREE_RULES)
        if isinstance(outcome, InvokeFunction):
            counts["RequestCount"] += 1
            counts["LambdaTargetProcessedBytes"] += size if was_dispatched(request) else 0
            self._group(outcome).completed(request)
        elif isinstance(outcome, FixedResponse):
            counts["HTTP_Fixed_Response_Count"] += 1
        elif isinstance(outcome, Redirect):
            counts["HTTP_Redirect_Count"] += 1
        if is_target_response(request):
            return
        hundreds = answer.status // 100
        if hundreds in {3, 4, 5}:
            counts[f"HTTPCode_ELB_{hundreds}XX_Count"] += 1
        if answer.status in _STATUSES_WITH_A_METRIC:
            counts[f"HTTPCode_ELB_{answer.status}_Count"] += 1

    def take(self, seconds: float) -> MetricValues:
        """Return the counts of the last ``seconds``; nothing for an idle load balancer."""
        values = MetricValues()
        if self.is_idle:
            return values
        name = self._resource_id
        for counted, number in self._counts.items():
            unit = "Bytes" if counted.endswith("Bytes") else "Count"
            values.add(metric(NAMESPACE, counted, unit, LoadBalancer=name), number)
        active = metric(NAMESPACE, "ActiveConnectionCount", LoadBalancer=name)
        values.add(active, self._most_active)
        units = metric(NAMESPACE, "ConsumedLCUs", LoadBalancer=name)
        values.add(units, rounded(self._consumed_units(seconds)))
        for group in self._groups.values():
            group.add_to(values)
        self._counts.clear()
        self._groups.clear()
        self._most_active = self._active
        self._paid_evaluations = 0
        return values

    def _group(self, outcome: InvokeFunction) -> _TargetGroupMetrics:
        arn = outcome.group.arn
        if arn not in self._groups:
            self._groups[arn] = _TargetGroupMetrics(self._resource_id, arn.rpartition(":")[2])
        return self._groups[arn]

    def _consumed_units(self, seconds: float) -> float:
        """Return load balancer capacity units: the dimension with the highest use counts."""
        counts = self._counts
        hourly = 3600 / seconds / 1e9
        return max(
            counts["NewConnectionCount"] / seconds / 25,
            self._most_active / 3_000,
            counts["ProcessedBytes"] * hourly,
            counts["LambdaTargetProcessedBytes"] * hourly / 0.4,
            self._paid_evaluations / seconds / 1_000,
        )


class _TargetGroupMetrics:
    """Counts for one target group."""

    def __init__(self, load_balancer: str, group: str) -> None:
        self._both = {"LoadBalancer": load_balancer, "TargetGroup": group}
        self._load_balancer = {"LoadBalancer": load_balancer}
        self._group = {"TargetGroup": group}
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._seconds: defaultdict[float, int] = defaultdict(int)

    def completed(self, request: CompletedRequest) -> None:
        self._counts["RequestCount"] += 1
        if was_dispatched(request):
            self._seconds[rounded(request.target_processing_seconds)] += 1
        if is_target_response(request):
            self._counts[f"HTTPCode_Target_{request.response.status // 100}XX_Count"] += 1
        else:
            internal = request.response.error_reason in _INTERNAL
            self._counts["LambdaInternalError" if internal else "LambdaUserError"] += 1

    def add_to(self, values: MetricValues) -> None:
        for counted, number in self._counts.items():
            dimension_sets = [self._both, self._load_balancer]
            if counted == "RequestCount":
                dimension_sets = [self._both]  # LoadBalancerMetrics counts the other one
            elif counted.startswith("Lambda"):
                dimension_sets = [self._both, self._group]
            for dimensions in dimension_sets:
                values.add(metric(NAMESPACE, counted, **dimensions), number)
        for seconds, times in self._seconds.items():
            for dimensions in (self._both, self._load_balancer):
                of = metric(NAMESPACE, "TargetResponseTime", "Seconds", **dimensions)
                values.add(of, seconds, times)
