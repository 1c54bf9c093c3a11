from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest

from terrarium import quality
from terrarium.errors import UsageError


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Commands that would have run."""
    ran: list[str] = []

    def gate(name: str, command: Sequence[str]) -> None:
        ran.append(shlex.join(command))

    monkeypatch.setattr(quality, "_gate", gate)
    return ran


def test_the_tests_are_all_tiers_but_soak(commands: list[str]) -> None:
    quality.test(None, "")
    assert "pytest --tier unit,contract,terraform,e2e -n" in commands[0]


def test_the_tests_are_those_of_the_named_tiers_with_further_options(commands: list[str]) -> None:
    quality.test("unit,soak", "-k 'a or b'")
    assert "--tier unit,soak" in commands[0]
    assert commands[0].endswith("-k 'a or b'")


def test_an_unknown_tier_is_refused(commands: list[str]) -> None:
    with pytest.raises(UsageError, match="unknown tier 'units'"):
        quality.test("unit,units", "")
    assert commands == []
