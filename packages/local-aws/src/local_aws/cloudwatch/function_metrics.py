"""CloudWatch metrics of functions.

Source: Lambda developer guide, "Types of metrics for Lambda functions" with the dimensions of
"Viewing metrics". Each metric is reported for the function, for the alias or version that was
invoked, for the version that an alias with weights led to, and for all functions together
(except ConcurrentExecutions, which is not a sum).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from local_aws.cloudwatch.metric_values import MetricValues, metric, rounded
from local_aws.lambda_runtime.function_version import FunctionArn
from local_aws.lambda_runtime.invocation import (
    FUNCTION_ERRORS,
    CompletedInvocation,
    Failed,
    Reason,
)

NAMESPACE = "AWS/Lambda"


@dataclass(slots=True)
class _Counts:
    invocations: int = 0
    errors: int = 0
    throttles: int = 0
    concurrency: int = 0
    milliseconds: defaultdict[float, int] = field(default_factory=lambda: defaultdict(int))


class FunctionMetrics:
    """Counts for every function."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, str, bool], _Counts] = defaultdict(_Counts)
        """By invoked ARN, executed version, and whether the alias has weights."""

    def completed(self, invocation: CompletedInvocation) -> None:
        counts = self._counts[invocation.arn, invocation.version, invocation.has_weights]
        outcome = invocation.outcome
        if isinstance(outcome, Failed):
            if outcome.reason is Reason.THROTTLING:
                counts.throttles += 1
                return
            if outcome.reason not in FUNCTION_ERRORS:
                return
            counts.errors += 1
        counts.invocations += 1
        counts.milliseconds[rounded(invocation.duration_ms)] += 1
        counts.concurrency = max(counts.concurrency, invocation.concurrency)

    def take(self) -> MetricValues:
        """Return the counts since the last call."""
        taken = MetricValues()
        concurrency: defaultdict[tuple[tuple[str, str], ...], int] = defaultdict(int)
        for (arn, version, has_weights), counts in self._counts.items():
            for dimensions in _dimensions(arn, version, has_weights):
                _add(taken, dimensions, counts)
                if counts.concurrency and dimensions:
                    key = tuple(dimensions.items())
                    concurrency[key] = max(concurrency[key], counts.concurrency)
        for key, most in concurrency.items():
            taken.add(metric(NAMESPACE, "ConcurrentExecutions", **dict(key)), most)
        self._counts.clear()
        return taken


def _add(taken: MetricValues, dimensions: dict[str, str], counts: _Counts) -> None:
    """Add the counts. As on AWS, a success is an Errors value of 0: the average is a rate."""
    succeeded = counts.invocations - counts.errors
    for name, values in (
        ("Invocations", {1.0: counts.invocations}),
        ("Errors", {0.0: succeeded, 1.0: counts.errors}),
        ("Throttles", {0.0: counts.invocations, 1.0: counts.throttles}),
    ):
        for value, times in values.items():
            if times:
                taken.add(metric(NAMESPACE, name, **dimensions), value, times)
    for value, times in counts.milliseconds.items():
        taken.add(metric(NAMESPACE, "Duration", "Milliseconds", **dimensions), value, times)


def _dimensions(arn: str, version: str, has_weights: bool) -> Iterator[dict[str, str]]:
    parsed = FunctionArn.parse(arn)
    function = {"FunctionName": parsed.name}
    resource = parsed.name if parsed.qualifier is None else f"{parsed.name}:{parsed.qualifier}"
    yield {}
    yield function
    yield {**function, "Resource": resource}
    if has_weights:
        yield {**function, "Resource": resource, "ExecutedVersion": version}
