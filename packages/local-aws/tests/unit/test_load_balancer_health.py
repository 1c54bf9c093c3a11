from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from local_aws.lambda_runtime.invocation import Answered, Failed, Outcome, Reason
from local_aws.load_balancer.configuration import Configuration, HealthCheck, TargetGroup
from local_aws.load_balancer.health_checks import (
    HealthChecks,
    HealthState,
    TargetHealth,
    health_check_event,
    matches_codes,
)
from local_aws_tests.load_balancer_models import FUNCTION, GROUP, forward, listener, rule
from local_aws_tests.raw_http import Held

CHECK = HealthCheck(path="/health", healthy_threshold=3, unhealthy_threshold=2)
HEALTHY, UNHEALTHY, INITIAL = HealthState.HEALTHY, HealthState.UNHEALTHY, HealthState.INITIAL


@pytest.mark.parametrize(
    ("results", "states"),
    [
        ("+", [HEALTHY]),
        ("--", [INITIAL, UNHEALTHY]),
        ("-+", [INITIAL, HEALTHY]),
        ("+-+--", [HEALTHY, HEALTHY, HEALTHY, HEALTHY, UNHEALTHY]),
        ("--++-+++", [INITIAL, *[UNHEALTHY] * 6, HEALTHY]),
    ],
)
def test_a_target_changes_when_enough_checks_in_a_row_say_so(
    results: str, states: list[HealthState]
) -> None:
    seen, now = [], TargetHealth()
    for result in results:
        now = now.after(CHECK, result == "+")
        seen.append(now.state)
    assert seen == states


def test_the_event_of_a_check_has_one_header_and_nothing_else() -> None:
    group = TargetGroup("arn:tg", "lambda", (FUNCTION,))
    assert json.loads(health_check_event(group, CHECK)) == {
        "requestContext": {"elb": {"targetGroupArn": "arn:tg"}},
        "httpMethod": "GET",
        "path": "/health",
        "queryStringParameters": {},
        "headers": {"user-agent": "ELB-HealthChecker/2.0"},
        "body": "",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("codes", "status", "expected"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("200,202", 202, True),
        ("200-299", 250, True),
        ("200, 300-399", 301, True),
        ("200-299", 300, False),
    ],
)
def test_statuses_are_accepted_by_lists_and_ranges(codes: str, status: int, expected: bool) -> None:
    assert matches_codes(codes, status) is expected


class Ticking(asyncio.SelectorEventLoop):
    """A loop in which time passes only when nothing is left to do."""

    _now = 0.0

    def time(self) -> float:
        return self._now

    async def until(self, seconds: float) -> None:
        while self._now < seconds:
            await asyncio.sleep(0)
            waiting = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            self._now = min([*waiting, seconds])
        await asyncio.sleep(0)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=Ticking) as running:
        yield running


def configured(check: HealthCheck | None) -> Configuration:
    return Configuration((listener(rule(None, forward(replace(GROUP, health_check=check)))),))


STATE = (GROUP.arn, FUNCTION)
"""The key of the only target."""


def test_a_target_is_asked_at_once_and_then_at_its_interval(runner: asyncio.Runner) -> None:
    functions = Held()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Ticking)
        checks = HealthChecks(functions)
        checks.update(configured(CHECK))
        assert len(functions.waiting) == 1
        functions.answer()
        assert checks.health()[STATE].state is HEALTHY
        await loop.until(34)
        assert functions.waiting == []
        await loop.until(36)
        assert len(functions.waiting) == 1
        checks.close()
        await loop.until(200)
        assert len(functions.waiting) == 1

    runner.run(scenario())


def test_wrong_statuses_failures_and_silence_make_a_target_unhealthy(
    runner: asyncio.Runner,
) -> None:
    functions = Held()
    said: list[Outcome] = [
        Answered(b'{"statusCode": 500}'),
        Answered(b'"text"'),
        Failed(Reason.UNHANDLED, "raised"),
    ]

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Ticking)
        for outcome in said:
            checks = HealthChecks(functions)
            checks.update(configured(replace(CHECK, unhealthy_threshold=1)))
            functions.waiting.pop()[1](outcome)
            assert checks.health()[STATE].state is UNHEALTHY
            checks.close()
        checks.update(configured(replace(CHECK, unhealthy_threshold=1)))
        await loop.until(loop.time() + 31)
        assert checks.health()[STATE].state is UNHEALTHY
        functions.answer()
        assert checks.health()[STATE].state is UNHEALTHY
        checks.close()

    runner.run(scenario())


def test_groups_without_checks_are_left_alone_and_new_settings_begin_anew(
    runner: asyncio.Runner,
) -> None:
    functions = Held()

    async def scenario() -> None:
        checks = HealthChecks(functions)
        checks.update(configured(None))
        assert checks.health() == {}
        checks.update(configured(CHECK))
        functions.answer()
        checks.update(configured(CHECK))
        assert functions.waiting == []
        checks.update(configured(replace(CHECK, path="/other")))
        assert checks.health()[STATE].state is INITIAL
        assert json.loads(functions.waiting[0][0])["path"] == "/other"
        checks.update(configured(None))
        assert checks.health() == {}

    runner.run(scenario())
