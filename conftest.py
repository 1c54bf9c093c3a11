"""Tiers of the tests: their time limits, their selection and their order."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["tests.leftover_processes"]

SECONDS = {"unit": 120, "contract": 120, "terraform": 900, "e2e": 900, "soak": 3600}
"""Time limit of a test by tier, for a busy machine; ``@pytest.mark.timeout`` overrides it."""

# A busy machine is slow, which is not a failure.
hypothesis.settings.register_profile("any-machine", deadline=None)
hypothesis.settings.load_profile("any-machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tier",
        type=_tiers,
        default=frozenset(SECONDS),
        help=f"run these tiers only, separated by commas: {', '.join(SECONDS)}",
    )


def _tiers(text: str) -> frozenset[str]:
    tiers = frozenset(text.split(","))
    if not tiers <= SECONDS.keys():
        raise pytest.UsageError(f"--tier {text}: the tiers are {', '.join(SECONDS)}")
    return tiers


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the folders of other tiers. A test of tier soak can be in any folder."""
    chosen = config.getoption("--tier")
    skipped = collection_path.name in SECONDS.keys() - chosen and "soak" not in chosen
    return True if skipped and collection_path.is_dir() else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Select the tiers, give each test its time limit and start the slowest files first."""
    chosen = config.getoption("--tier")
    config.hook.pytest_deselected(items=[item for item in items if _tier(item) not in chosen])
    items[:] = [item for item in items if _tier(item) in chosen]
    slowest: dict[Path, float] = {}
    for item in items:
        if item.get_closest_marker("timeout") is None:
            # A fixture of e2e may wait until another worker has applied the tree.
            func_only = _tier(item) in ("e2e", "soak")
            item.add_marker(pytest.mark.timeout(SECONDS[_tier(item)], func_only=func_only))
        marker = item.get_closest_marker("timeout")
        seconds = float(marker.args[0]) if marker else 0.0
        slowest[item.path] = max(slowest.get(item.path, 0), seconds)
    # The others run while the first worker applies the tree.
    restoring = {item.path for item in items if "applied" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (-slowest[item.path], item.path in restoring))


def _tier(item: pytest.Item) -> str:
    """The folder a test is in, unless it is marked as ``soak``."""
    if item.get_closest_marker("soak"):
        return "soak"
    return next(part for part in reversed(item.path.parts) if part in SECONDS)
