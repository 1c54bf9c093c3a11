"""Health of a Lambda target: how it is asked, and what its answers make of it.

With one function a group, an unhealthy target still gets every request: where all targets of a
group are unhealthy, a load balancer uses all of them.
Source: Application Load Balancers guide, "Health checks for your target groups" and "Lambda
functions as targets", health checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from local_aws.load_balancer import lambda_event as event
from local_aws.load_balancer.configuration import HealthCheck, TargetGroup
from local_aws.load_balancer.request import Request

USER_AGENT = "ELB-HealthChecker/2.0"


class State(StrEnum):
    """As DescribeTargetHealth spells them."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """``streak`` counts the latest checks in a row that speak against the state."""

    state: State = State.INITIAL
    streak: int = 0

    def after(self, check: HealthCheck, passed: bool) -> Health:
        """With the result of one more check; a new target is healthy after its first success."""
        if self.state is State.INITIAL and passed:
            return Health(State.HEALTHY)
        if self.state is (State.HEALTHY if passed else State.UNHEALTHY):
            return Health(self.state)
        needed = check.healthy_threshold if passed else check.unhealthy_threshold
        if self.streak + 1 < needed:
            return Health(self.state, self.streak + 1)
        return Health(State.HEALTHY if passed else State.UNHEALTHY)


def question(group: TargetGroup, check: HealthCheck) -> bytes:
    """The event of a check: no header but the user agent, neither query nor body."""
    request = Request("GET", check.path, "", (), b"", ip_address("127.0.0.1"), 0)
    headers = (("user-agent", USER_AGENT),)
    return event.build(
        request, headers, target_group_arn=group.arn, multi_value=group.multi_value_headers
    )


def accepts(codes: str, status: int) -> bool:
    """Whether a status is in a list of codes and ranges such as ``200,202-299``."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= status <= int(last if last.isdigit() else first):
            return True
    return False
