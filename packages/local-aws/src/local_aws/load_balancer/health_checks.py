"""Health checks of Lambda targets.

A target group has one function, so that an unhealthy target still gets every request: with only
unhealthy targets, a load balancer uses all of them. Sources: Application Load Balancers guide,
"Health checks for your target groups" and "Lambda functions as targets", health checks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from local_aws.lambda_runtime.invocation import Failed, Outcome
from local_aws.load_balancer.configuration import Configuration, HealthCheck, TargetGroup
from local_aws.load_balancer.lambda_event import encode_event
from local_aws.load_balancer.lambda_response import InvalidResponseError, decode_response
from local_aws.load_balancer.request import Request
from local_aws.load_balancer.request_handler import Invoker
from local_aws.load_balancer.target_headers import trace_id

_log = logging.getLogger(__name__)

USER_AGENT = "ELB-HealthChecker/2.0"


class HealthState(StrEnum):
    """Spelled as in DescribeTargetHealth."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """``streak`` counts consecutive check results that contradict the state."""

    state: HealthState = HealthState.INITIAL
    streak: int = 0

    def after(self, check: HealthCheck, passed: bool) -> TargetHealth:
        """Add the result of a check; the first success makes a new target healthy."""
        if self.state is HealthState.INITIAL and passed:
            return TargetHealth(HealthState.HEALTHY)
        if self.state is (HealthState.HEALTHY if passed else HealthState.UNHEALTHY):
            return TargetHealth(self.state)
        needed = check.healthy_threshold if passed else check.unhealthy_threshold
        if self.streak + 1 < needed:
            return TargetHealth(self.state, self.streak + 1)
        return TargetHealth(HealthState.HEALTHY if passed else HealthState.UNHEALTHY)


def health_check_event(group: TargetGroup, check: HealthCheck) -> bytes:
    """Return the event of a check: the user agent is the only header; no query, no body."""
    request = Request("GET", check.path, "", (), b"", ip_address("127.0.0.1"), 0)
    headers = (("user-agent", USER_AGENT),)
    return encode_event(
        request, headers, target_group_arn=group.arn, multi_value=group.multi_value_headers
    )


def matches_codes(codes: str, status: int) -> bool:
    """Return whether a status is in a list of codes and ranges such as ``200,202-299``."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= status <= int(last if last.isdigit() else first):
            return True
    return False


class HealthChecks:
    """Runs the checks of every target group in use that has health checks enabled.

    Changes of health are logged. They do not change the routing.
    """

    def __init__(self, functions: Invoker) -> None:
        self._functions = functions
        self._checks: dict[tuple[TargetGroup, str], _TargetCheck] = {}

    def update(self, configuration: Configuration) -> None:
        """Follow a configuration; a check whose settings changed starts again."""
        wanted = {
            (group, arn): group.health_check
            for group in configuration.target_groups
            if group.health_check is not None and group.target_type == "lambda"
            for arn in group.target_ids
        }
        for key in self._checks.keys() - wanted.keys():
            self._checks.pop(key).stop()
        for (group, arn), check in wanted.items():
            if (group, arn) not in self._checks:
                self._checks[group, arn] = _TargetCheck(self._functions, group, arn, check)

    def health(self) -> dict[tuple[str, str], TargetHealth]:
        """Return the health by target group ARN and function ARN."""
        return {(group.arn, arn): each.health for (group, arn), each in self._checks.items()}

    def close(self) -> None:
        for check in self._checks.values():
            check.stop()
        self._checks.clear()


class _TargetCheck:
    """Checks one target now and then at its interval."""

    def __init__(
        self, functions: Invoker, group: TargetGroup, arn: str, check: HealthCheck
    ) -> None:
        self.health = TargetHealth()
        self._functions = functions
        self._group = group
        self._arn = arn
        self._check = check
        self._payload = health_check_event(group, check)
        self._round = 0
        self._answered_round = 0
        self._timers: list[asyncio.TimerHandle] = []
        self._loop = asyncio.get_running_loop()
        self._start_round()

    def stop(self) -> None:
        self._round += 1
        for timer in self._timers:
            timer.cancel()

    def _start_round(self) -> None:
        self._round += 1
        record = self._recorder(self._round)
        self._timers = [
            self._loop.call_later(self._check.interval_seconds, self._start_round),
            self._loop.call_later(self._check.timeout_seconds, record, None),
        ]
        self._functions.invoke(
            self._arn, self._payload, record, trace_id=trace_id(None), source_arn=self._group.arn
        )

    def _recorder(self, number: int) -> Callable[[Outcome | None], None]:
        """Return a callback for the first outcome of a round; None is a timeout."""

        def record(outcome: Outcome | None) -> None:
            if number == self._round and number != self._answered_round:
                self._answered_round = number
                self._record(outcome)

        return record

    def _record(self, outcome: Outcome | None) -> None:
        fault = self._fault(outcome)
        before = self.health.state
        self.health = self.health.after(self._check, fault is None)
        if self.health.state is not before:
            level = logging.INFO if fault is None else logging.WARNING
            detail = "" if fault is None else f": {fault}"
            _log.log(level, "%s is %s%s", self._arn, self.health.state, detail)

    def _fault(self, outcome: Outcome | None) -> str | None:
        if outcome is None:
            return f"no answer within {self._check.timeout_seconds} seconds"
        if isinstance(outcome, Failed):
            return f"{outcome.reason}: {outcome.detail}"
        try:
            response = decode_response(outcome.payload, multi_value=self._group.multi_value_headers)
        except InvalidResponseError as error:
            return str(error)
        if matches_codes(self._check.codes, response.status):
            return None
        return f"status {response.status}, not {self._check.codes}"
