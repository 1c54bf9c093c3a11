"""What CloudWatch gets to know of a load balancer.

Source: Application Load Balancers guide, "CloudWatch metrics" with dimensions, and "Access logs",
reason codes, for what counts as LambdaInternalError; Elastic Load Balancing pricing, LCU details.
Metrics by Availability Zone are left out: there is one zone here.
"""

from __future__ import annotations

from collections import defaultdict

from local_aws.cloudwatch.log_entries import is_targets_answer, was_dispatched
from local_aws.cloudwatch.metric_values import Minute, metric, rounded
from local_aws.cloudwatch.resource_ids import BalancerName, group_name
from local_aws.lambda_runtime.outcome import Reason
from local_aws.load_balancer.completed_request import CompletedRequest
from local_aws.load_balancer.configuration import FixedResponse, Redirect
from local_aws.load_balancer.rules import InvokeFunction

NAMESPACE = "AWS/ApplicationELB"

_INTERNAL = frozenset({Reason.SERVICE, "LambdaConnectionTimeout", "LambdaUnhandledException"})
_COUNTED_ALONE = frozenset({500, 502, 503, 504})
_FREE_RULES = 10


class BalancerTally:
    """Counts for one load balancer; ``take`` hands out what came since it was last called."""

    def __init__(self, balancer: BalancerName) -> None:
        self._balancer = balancer
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._groups: dict[str, _GroupTally] = {}
        self._active = 0
        self._most_active = 0
        self._evaluated = 0
        """Rules beyond those that are free."""

    @property
    def is_idle(self) -> bool:
        return self._active == 0 and not self._counts

    def connected(self) -> None:
        self._active += 1
        self._most_active = max(self._most_active, self._active)
        self._counts["NewConnectionCount"] += 1

    def disconnected(self) -> None:
        self._active = max(0, self._active - 1)

    def finished(self, completed: CompletedRequest) -> None:
        """Two microseconds or so: it is called for every request."""
        counts, answer = self._counts, completed.response
        size = completed.received_bytes + completed.sent_bytes
        counts["ProcessedBytes"] += size
        if completed.classification_reason is not None:
            counts["DesyncMitigationMode_NonCompliant_Request_Count"] += 1
        decision = completed.decision
        outcome = None if decision is None else decision.outcome
        if decision is not None and decision.rule is not None:
            rules = completed.listener.rules.index(decision.rule) + 1
            counts["RuleEvaluations"] += rules
            self._evaluated += max(0, rules - _FREE_RULES)
        if isinstance(outcome, InvokeFunction):
            counts["RequestCount"] += 1
            counts["LambdaTargetProcessedBytes"] += size if was_dispatched(completed) else 0
            self._group(outcome).finished(completed)
        elif isinstance(outcome, FixedResponse):
            counts["HTTP_Fixed_Response_Count"] += 1
        elif isinstance(outcome, Redirect):
            counts["HTTP_Redirect_Count"] += 1
        if is_targets_answer(completed):
            return
        hundreds = answer.status // 100
        if hundreds in {3, 4, 5}:
            counts[f"HTTPCode_ELB_{hundreds}XX_Count"] += 1
        if answer.status in _COUNTED_ALONE:
            counts[f"HTTPCode_ELB_{answer.status}_Count"] += 1

    def take(self, seconds: float) -> Minute:
        """The metrics of the last ``seconds``; empty where nothing has happened."""
        minute = Minute()
        if self.is_idle:
            return minute
        name = self._balancer.resource_id
        for counted, number in self._counts.items():
            unit = "Bytes" if counted.endswith("Bytes") else "Count"
            minute.add(metric(NAMESPACE, counted, unit, LoadBalancer=name), number)
        active = metric(NAMESPACE, "ActiveConnectionCount", LoadBalancer=name)
        minute.add(active, self._most_active)
        units = metric(NAMESPACE, "ConsumedLCUs", LoadBalancer=name)
        minute.add(units, rounded(self._consumed_units(seconds)))
        for group in self._groups.values():
            group.add_to(minute)
        self._counts.clear()
        self._groups.clear()
        self._most_active = self._active
        self._evaluated = 0
        return minute

    def _group(self, outcome: InvokeFunction) -> _GroupTally:
        group = self._groups.get(outcome.group.arn)
        if group is None:
            group = _GroupTally(self._balancer, group_name(outcome.group.arn))
            self._groups[outcome.group.arn] = group
        return group

    def _consumed_units(self, seconds: float) -> float:
        """Load balancer capacity units: the dimension that is used most counts."""
        counts = self._counts
        hourly = 3600 / seconds / 1e9
        return max(
            counts["NewConnectionCount"] / seconds / 25,
            self._most_active / 3_000,
            counts["ProcessedBytes"] * hourly,
            counts["LambdaTargetProcessedBytes"] * hourly / 0.4,
            self._evaluated / seconds / 1_000,
        )


class _GroupTally:
    """Counts for one target group."""

    def __init__(self, balancer: BalancerName, group: str) -> None:
        self._places = (
            {"LoadBalancer": balancer.resource_id, "TargetGroup": group},
            {"LoadBalancer": balancer.resource_id},
        )
        self._group_only = {"TargetGroup": group}
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._seconds: defaultdict[float, int] = defaultdict(int)

    def finished(self, completed: CompletedRequest) -> None:
        self._counts["RequestCount"] += 1
        if was_dispatched(completed):
            self._seconds[rounded(completed.target_processing_seconds)] += 1
        if is_targets_answer(completed):
            self._counts[f"HTTPCode_Target_{completed.response.status // 100}XX_Count"] += 1
        else:
            internal = completed.response.error_reason in _INTERNAL
            self._counts["LambdaInternalError" if internal else "LambdaUserError"] += 1

    def add_to(self, minute: Minute) -> None:
        own, _ = self._places
        for counted, number in self._counts.items():
            places = list(self._places)
            if counted == "RequestCount":
                places = [own]  # that of the load balancer is counted there
            elif counted.startswith("Lambda"):
                places = [own, self._group_only]
            for place in places:
                minute.add(metric(NAMESPACE, counted, **place), number)
        for seconds, times in self._seconds.items():
            for place in self._places:
                of = metric(NAMESPACE, "TargetResponseTime", "Seconds", **place)
                minute.add(of, seconds, times)
