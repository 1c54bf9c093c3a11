"""What CloudWatch gets to know of functions.

Source: Lambda developer guide, "Types of metrics for Lambda functions" with the dimensions of
"Viewing metrics". A metric of a function is there by its name, by the alias or version that was
invoked, by the version that an alias with weights led to, and for all functions together; only
ConcurrentExecutions, which is no sum of theirs, is not there for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from local_aws.cloudwatch.metric_values import Minute, metric, rounded
from local_aws.lambda_runtime.ended import Ended
from local_aws.lambda_runtime.function_version import FunctionArn
from local_aws.lambda_runtime.outcome import Failed, Reason

NAMESPACE = "AWS/Lambda"

_FAULTS = frozenset({Reason.UNHANDLED, Reason.RESPONSE_TOO_LARGE})
"""Failures that are the function's. The others are those of a call that never came to it."""

_Way = tuple[str, str, bool]
"""What was invoked, the version that it led to, and whether it might have led to another."""


@dataclass(slots=True)
class _Counts:
    invocations: int = 0
    errors: int = 0
    throttles: int = 0
    at_once: int = 0
    milliseconds: defaultdict[float, int] = field(default_factory=lambda: defaultdict(int))


class FunctionTally:
    """Counts for every function; ``take`` hands out what came since it was last called."""

    def __init__(self) -> None:
        self._counts: defaultdict[_Way, _Counts] = defaultdict(_Counts)

    def ended(self, invocation: Ended) -> None:
        """A microsecond or so: it is called for every invocation."""
        counts = self._counts[invocation.arn, invocation.version, invocation.has_weights]
        outcome = invocation.outcome
        if isinstance(outcome, Failed):
            if outcome.reason is Reason.THROTTLING:
                counts.throttles += 1
                return
            if outcome.reason not in _FAULTS:
                return
            counts.errors += 1
        counts.invocations += 1
        counts.milliseconds[rounded(invocation.duration_ms)] += 1
        counts.at_once = max(counts.at_once, invocation.at_once)

    def take(self) -> Minute:
        minute = Minute()
        at_once: defaultdict[tuple[tuple[str, str], ...], int] = defaultdict(int)
        for way, counts in self._counts.items():
            for place in _places(*way):
                _add(minute, place, counts)
                if counts.at_once and place:
                    key = tuple(place.items())
                    at_once[key] = max(at_once[key], counts.at_once)
        for key, most in at_once.items():
            minute.add(metric(NAMESPACE, "ConcurrentExecutions", **dict(key)), most)
        self._counts.clear()
        return minute


def _add(minute: Minute, place: dict[str, str], counts: _Counts) -> None:
    """Errors and throttles are there as 0 where there was none, so that a share can be taken."""
    succeeded = counts.invocations - counts.errors
    for name, values in (
        ("Invocations", {1.0: counts.invocations}),
        ("Errors", {0.0: succeeded, 1.0: counts.errors}),
        ("Throttles", {0.0: counts.invocations, 1.0: counts.throttles}),
    ):
        for value, times in values.items():
            if times:
                minute.add(metric(NAMESPACE, name, **place), value, times)
    for value, times in counts.milliseconds.items():
        minute.add(metric(NAMESPACE, "Duration", "Milliseconds", **place), value, times)


def _places(arn: str, version: str, has_weights: bool) -> Iterator[dict[str, str]]:
    parsed = FunctionArn.parse(arn)
    named = {"FunctionName": parsed.name}
    invoked = parsed.name if parsed.qualifier is None else f"{parsed.name}:{parsed.qualifier}"
    yield {}
    yield named
    yield {**named, "Resource": invoked}
    if has_weights:
        yield {**named, "Resource": invoked, "ExecutedVersion": version}
