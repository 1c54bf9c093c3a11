"""The observer of a data plane: what it is told becomes lines and metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.cloudwatch import (
    access_log_delivery as log_delivery,
)
from local_aws.cloudwatch import (
    connection_log,
    metric_delivery,
)
from local_aws.cloudwatch import (
    log_entries as access_log,
)
from local_aws.cloudwatch.access_log_delivery import Log, LogDelivery, LogName
from local_aws.cloudwatch.function_metrics import FunctionTally
from local_aws.cloudwatch.load_balancer_metrics import BalancerTally
from local_aws.cloudwatch.log_bucket import FileStore
from local_aws.cloudwatch.metric_delivery import MetricDelivery, MetricStore
from local_aws.cloudwatch.metric_values import Minute
from local_aws.cloudwatch.resource_ids import BalancerName, Kind
from local_aws.cloudwatch.web_acl_metrics import FirewallTally
from local_aws.lambda_runtime.ended import Ended
from local_aws.load_balancer.completed_request import Client, CompletedRequest
from local_aws.load_balancer.configuration import Configuration, Listener, LogDestination
from local_aws.waf.web_acl import WebAcl


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between two deliveries, with AWS's defaults."""

    logs: float = log_delivery.INTERVAL_SECONDS
    metrics: float = metric_delivery.INTERVAL_SECONDS


class Observer:
    """Is told of exchanges and of invocations; ``update`` says which load balancers there are."""

    def __init__(self, files: FileStore, metrics: MetricStore, intervals: Intervals) -> None:
        self._logs = LogDelivery(files, intervals.logs)
        self._metrics = MetricDelivery(metrics, self._take, intervals.metrics)
        self._balancers: dict[str, _Watched] = {}
        self._functions = FunctionTally()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._logs.start()
        self._metrics.start()

    def update(self, configuration: Configuration, web_acls: Mapping[str, WebAcl]) -> None:
        """``web_acls`` are by the ARN of the load balancer that each is in front of."""
        known = frozenset(self._watched(each).balancer for each in configuration.listeners)
        gone = self._logs.balancers - known
        self._logs.balancers = known
        if gone:
            # Its bucket is likely to go next.
            task = asyncio.create_task(self._logs.deliver(time.time()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        for listener in configuration.listeners:
            arn = listener.load_balancer_arn
            watched = self._watched(listener)
            acl = web_acls.get(arn)
            if acl is None:
                watched.firewall = None
            elif watched.firewall is None or watched.firewall.web_acl != acl.name:
                watched.firewall = FirewallTally(watched.balancer.region, acl.name)

    def connected(self, listener: Listener, client: Client) -> None:
        watched = self._watched(listener)
        watched.tally.connected()
        place = listener.attributes.connection_logs
        if place is not None:
            line = connection_log.entry(listener, client, time.time())
            watched.log(self._logs, Kind.CONNECTIONS, place).write(line)

    def disconnected(self, listener: Listener) -> None:
        self._watched(listener).tally.disconnected()

    def finished(self, completed: CompletedRequest) -> None:
        watched = self._watched(completed.listener)
        watched.tally.finished(completed)
        if watched.firewall is not None:
            watched.firewall.finished(completed)
        place = completed.listener.attributes.access_logs
        if place is not None:
            has_firewall = watched.firewall is not None
            line = access_log.entry(completed, watched.balancer, has_firewall=has_firewall)
            watched.log(self._logs, Kind.ACCESS, place).write(line)

    def ended(self, invocation: Ended) -> None:
        self._functions.ended(invocation)

    async def close(self) -> None:
        """Deliver what there is."""
        await self._logs.close()
        await self._metrics.close()

    def _watched(self, listener: Listener) -> _Watched:
        arn = listener.load_balancer_arn
        watched = self._balancers.get(arn)
        if watched is None:
            watched = self._balancers[arn] = _Watched(BalancerName.from_arn(arn))
        return watched

    def _take(self, seconds: float) -> Minute:
        minute = self._functions.take()
        for arn, watched in list(self._balancers.items()):
            minute.merge(watched.tally.take(seconds))
            if watched.firewall is not None:
                minute.merge(watched.firewall.take())
            if watched.balancer not in self._logs.balancers and watched.tally.is_idle:
                del self._balancers[arn]
        return minute


class _Watched:
    """One load balancer."""

    def __init__(self, balancer: BalancerName) -> None:
        self.balancer = balancer
        self.tally = BalancerTally(balancer)
        self.firewall: FirewallTally | None = None
        self._logs: dict[Kind, tuple[LogDestination, Log]] = {}

    def log(self, delivery: LogDelivery, kind: Kind, place: LogDestination) -> Log:
        known = self._logs.get(kind)
        if known is None or known[0] is not place:
            known = self._logs[kind] = place, delivery.log(LogName(self.balancer, kind, place))
        return known[1]
