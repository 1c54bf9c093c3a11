"""The CloudWatch side of a data plane: turns what happens into log entries and metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.cloudwatch import access_log_delivery, metric_delivery
from local_aws.cloudwatch.access_log_delivery import S3, AccessLogDelivery, LogName, LogType
from local_aws.cloudwatch.function_metrics import FunctionMetrics
from local_aws.cloudwatch.load_balancer_metrics import LoadBalancerMetrics
from local_aws.cloudwatch.log_entries import (
    LoadBalancerId,
    access_log_entry,
    connection_log_entry,
)
from local_aws.cloudwatch.metric_delivery import CloudWatch, MetricDelivery
from local_aws.cloudwatch.metric_values import MetricValues
from local_aws.cloudwatch.web_acl_metrics import WebAclMetrics
from local_aws.lambda_runtime.invocation import CompletedInvocation
from local_aws.load_balancer.completed_request import Client, CompletedRequest
from local_aws.load_balancer.configuration import Configuration, Listener
from local_aws.waf.web_acl import WebAcl


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between two deliveries; the defaults are AWS's."""

    logs: float = access_log_delivery.INTERVAL_SECONDS
    metrics: float = metric_delivery.INTERVAL_SECONDS


@dataclass(slots=True)
class _LoadBalancer:
    id: LoadBalancerId
    metrics: LoadBalancerMetrics
    web_acl: WebAclMetrics | None = None


class CloudWatchObserver:
    """Observes connections, requests and invocations."""

    def __init__(self, s3: S3, cloudwatch: CloudWatch, intervals: Intervals) -> None:
        self._logs = AccessLogDelivery(s3, intervals.logs)
        self._metrics = MetricDelivery(cloudwatch, self._take, intervals.metrics)
        self._load_balancers: dict[str, _LoadBalancer] = {}
        self._functions = FunctionMetrics()

    def start(self) -> None:
        self._logs.start()
        self._metrics.start()

    def update(self, configuration: Configuration, web_acls: Mapping[str, WebAcl]) -> None:
        """Take over a new configuration; ``web_acls`` are by the ARN of their load balancer."""
        existing = frozenset(self._load_balancer(each).id for each in configuration.listeners)
        deleted = self._logs.load_balancers - existing
        self._logs.load_balancers = existing
        if deleted:
            self._logs.deliver_soon()  # the bucket is likely to be deleted next
        for listener in configuration.listeners:
            known = self._load_balancer(listener)
            acl = web_acls.get(listener.load_balancer_arn)
            if acl is None:
                known.web_acl = None
            elif known.web_acl is None or known.web_acl.name != acl.name:
                known.web_acl = WebAclMetrics(known.id.region, acl.name)

    def connected(self, listener: Listener, client: Client) -> None:
        known = self._load_balancer(listener)
        known.metrics.connected()
        place = listener.attributes.connection_logs
        if place is not None:
            entry = connection_log_entry(listener, client, time.time())
            self._logs.write(LogName(known.id, LogType.CONNECTION, place), entry)

    def disconnected(self, listener: Listener) -> None:
        self._load_balancer(listener).metrics.disconnected()

    def finished(self, completed: CompletedRequest) -> None:
        known = self._load_balancer(completed.listener)
        known.metrics.completed(completed)
        if known.web_acl is not None:
            known.web_acl.completed(completed)
        place = completed.listener.attributes.access_logs
        if place is not None:
            entry = access_log_entry(completed, known.id, has_web_acl=known.web_acl is not None)
            self._logs.write(LogName(known.id, LogType.ACCESS, place), entry)

    def invocation_completed(self, invocation: CompletedInvocation) -> None:
        self._functions.completed(invocation)

    async def close(self) -> None:
        """Deliver the rest."""
        await self._logs.close()
        await self._metrics.close()

    def _load_balancer(self, listener: Listener) -> _LoadBalancer:
        arn = listener.load_balancer_arn
        if arn not in self._load_balancers:
            name = LoadBalancerId.from_arn(arn)
            self._load_balancers[arn] = _LoadBalancer(name, LoadBalancerMetrics(name))
        return self._load_balancers[arn]

    def _take(self, seconds: float) -> MetricValues:
        values = self._functions.take()
        for arn, known in list(self._load_balancers.items()):
            values.merge(known.metrics.take(seconds))
            if known.web_acl is not None:
                values.merge(known.web_acl.take())
            if known.id not in self._logs.load_balancers and known.metrics.is_idle:
                del self._load_balancers[arn]
        return values
