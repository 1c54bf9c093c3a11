from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from local_aws.lambda_runtime.invocation import Answered, Failed, Outcome, Reason
from local_aws.load_balancer.configuration import Configuration, HealthCheck
from local_aws.load_balancer.health_checks import (
    HealthChecks,
    HealthState,
    TargetHealth,
    matches_codes,
)
from local_aws_tests.load_balancer_models import FUNCTION, GROUP, forward, listener, rule
from local_aws_tests.raw_http import HeldFunctions

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
def test_the_thresholds_decide_when_the_health_changes(
    results: str, states: list[HealthState]
) -> None:
    found, health = [], TargetHealth()
    for result in results:
        health = health.after(CHECK, result == "+")
        found.append(health.state)
    assert found == states


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
def test_a_matcher_has_codes_and_ranges(codes: str, status: int, expected: bool) -> None:
    assert matches_codes(codes, status) is expected


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose time advances only when nothing else is left to do."""

    _now = 0.0

    def time(self) -> float:
        return self._now

    async def advance_to(self, seconds: float) -> None:
        while self._now < seconds:
            await asyncio.sleep(0)
            waiting = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            self._now = min([*waiting, seconds])
        await asyncio.sleep(0)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as running:
        yield running


def configured(check: HealthCheck | None) -> Configuration:
    return Configuration((listener(rule(None, forward(replace(GROUP, health_check=check)))),))


TARGET = (GROUP.arn, FUNCTION)


def test_a_target_is_checked_at_once_and_then_at_its_interval(runner: asyncio.Runner) -> None:
    functions = HeldFunctions()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        checks = HealthChecks(functions)
        checks.update(configured(CHECK))
        assert len(functions.waiting) == 1
        functions.respond()
        assert checks.health()[TARGET].state is HEALTHY
        await loop.advance_to(34)
        assert functions.waiting == []
        await loop.advance_to(36)
        assert len(functions.waiting) == 1
        checks.close()
        await loop.advance_to(200)
        assert len(functions.waiting) == 1

    runner.run(scenario())


def test_wrong_statuses_failures_and_timeouts_make_a_target_unhealthy(
    runner: asyncio.Runner,
) -> None:
    functions = HeldFunctions()
    outcomes: list[Outcome] = [
        Answered(b'{"statusCode": 500}'),
        Answered(b'"text"'),
        Failed(Reason.UNHANDLED, "raised"),
    ]

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        for outcome in outcomes:
            checks = HealthChecks(functions)
            checks.update(configured(replace(CHECK, unhealthy_threshold=1)))
            functions.waiting.pop()[1](outcome)
            assert checks.health()[TARGET].state is UNHEALTHY
            checks.close()
        checks.update(configured(replace(CHECK, unhealthy_threshold=1)))
        await loop.advance_to(loop.time() + 31)
        assert checks.health()[TARGET].state is UNHEALTHY
        functions.respond()
        assert checks.health()[TARGET].state is UNHEALTHY
        checks.close()

    runner.run(scenario())


def test_changed_settings_start_the_check_again(
    runner: asyncio.Runner,
) -> None:
    functions = HeldFunctions()

    async def scenario() -> None:
        checks = HealthChecks(functions)
        checks.update(configured(None))
        assert checks.health() == {}
        checks.update(configured(CHECK))
        functions.respond()
        checks.update(configured(CHECK))
        assert functions.waiting == []
        checks.update(configured(replace(CHECK, path="/other")))
        assert checks.health()[TARGET].state is INITIAL
        assert json.loads(functions.waiting[0][0])["path"] == "/other"
        checks.update(configured(None))
        assert checks.health() == {}

    runner.run(scenario())
