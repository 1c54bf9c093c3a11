from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import applied_snapshot
from tests.e2e.clone import Clone, copy_checkout


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    """A clone in which nothing has run."""
    created = Clone(copy_checkout(tmp_path / "clone"))
    yield created
    created.stop_cloud()


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone in which ``up`` has applied dev. Tests leave it as they found it."""
    yield from _restored(("dev",), tmp_path_factory)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone in which ``up`` has applied dev and prod. Tests leave it as they found it."""
    yield from _restored(("dev", "prod"), tmp_path_factory)


def _restored(
    environments: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("-".join(environments))
    clone = applied_snapshot.restore(environments, folder / "clone")
    yield clone
    clone.stop_cloud()
