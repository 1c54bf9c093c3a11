"""Asks the targets of target groups whether they are well, each at its interval."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from local_aws.lambda_runtime.outcome import Failed, Outcome
from local_aws.load_balancer import health
from local_aws.load_balancer.configuration import Configuration, HealthCheck, TargetGroup
from local_aws.load_balancer.health import Health
from local_aws.load_balancer.lambda_response import BadResponseError, interpret
from local_aws.load_balancer.request_handler import Invoker
from local_aws.load_balancer.trace import trace_id

_log = logging.getLogger(__name__)


class HealthChecks:
    """The checks of every target group that a rule names and that has checks enabled.

    Changes of health are in the log. They change no routing: see health.
    """

    def __init__(self, functions: Invoker) -> None:
        self._functions = functions
        self._watches: dict[tuple[TargetGroup, str], _Watch] = {}

    def update(self, configuration: Configuration) -> None:
        """Check these from now on; one whose settings changed begins anew."""
        wanted = {
            (group, arn): group.health_check
            for group in configuration.target_groups
            if group.health_check is not None and group.target_type == "lambda"
            for arn in group.target_ids
        }
        for key in self._watches.keys() - wanted.keys():
            self._watches.pop(key).end()
        for (group, arn), check in wanted.items():
            if (group, arn) not in self._watches:
                self._watches[group, arn] = _Watch(self._functions, group, arn, check)

    def health(self) -> dict[tuple[str, str], Health]:
        """By target group ARN and function ARN."""
        return {(group.arn, arn): watch.health for (group, arn), watch in self._watches.items()}

    def close(self) -> None:
        for watch in self._watches.values():
            watch.end()
        self._watches.clear()


class _Watch:
    """One target; it is asked at once and then at its interval."""

    def __init__(
        self, functions: Invoker, group: TargetGroup, arn: str, check: HealthCheck
    ) -> None:
        self.health = Health()
        self._functions = functions
        self._group = group
        self._arn = arn
        self._check = check
        self._payload = health.question(group, check)
        self._round = 0
        self._timers: list[asyncio.TimerHandle] = []
        self._loop = asyncio.get_running_loop()
        self._ask()

    def end(self) -> None:
        self._round += 1
        for timer in self._timers:
            timer.cancel()

    def _ask(self) -> None:
        self._round += 1
        answered = self._once(self._round)
        self._timers = [
            self._loop.call_later(self._check.interval_seconds, self._ask),
            self._loop.call_later(self._check.timeout_seconds, answered, None),
        ]
        self._functions.invoke(
            self._arn,
            self._payload,
            answered,
            trace_id=trace_id(None),
            source_arn=self._group.arn,
        )

    def _once(self, number: int) -> Callable[[Outcome | None], None]:
        """What to do with the outcome of a check; None is its timeout, and the first one counts."""

        def answered(outcome: Outcome | None) -> None:
            if number == self._round and not closed:
                closed.append(True)
                self._judge(outcome)

        closed: list[bool] = []
        return answered

    def _judge(self, outcome: Outcome | None) -> None:
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
            answer = interpret(outcome.payload, multi_value=self._group.multi_value_headers)
        except BadResponseError as error:
            return str(error)
        if health.accepts(self._check.codes, answer.status):
            return None
        return f"status {answer.status}, not {self._check.codes}"
