"""What is known of an invocation when it has ended: for metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from local_aws.lambda_runtime.outcome import Outcome


class Ended(NamedTuple):
    """``arn`` is what was invoked, ``version`` what it led to; ``has_weights`` says that it might
    have led to another.

    ``duration_ms`` is 0 for what no worker got; ``at_once`` counts the invocations of the whole
    function when this one began, itself included.
    """

    arn: str
    version: str
    has_weights: bool
    outcome: Outcome
    duration_ms: float
    at_once: int


Observer = Callable[[Ended], None]
"""Called in the event loop, after the invocation's own ``done``; quick, and raises nothing."""
