from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.clone import Clone, copy_checkout


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """A clone in which nothing has run; what it started is stopped afterwards."""
    made = Clone(copy_checkout(tmp_path / "clone"))
    try:
        yield made
    finally:
        made.invoke("down")


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone in which ``up`` has applied dev once; tests leave it as they found it."""
    made = Clone(copy_checkout(tmp_path_factory.mktemp("applied") / "clone"))
    try:
        made.invoke("up")
        yield made
    finally:
        made.invoke("down")


@pytest.fixture(scope="session")
def both(applied: Clone) -> Clone:
    """The same clone with prod applied beside dev."""
    applied.invoke("up", "--env", "prod")
    return applied
