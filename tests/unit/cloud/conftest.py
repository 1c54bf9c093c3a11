from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cloud.plane import Plane


@pytest.fixture
def plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plane]:
    """A control plane in this process; moto forgets everything afterwards."""
    from moto.core.base_backend import BackendDict

    from terrarium.cloud.control_plane.service import ControlPlane, Settings
    from terrarium.cloud.control_plane.startup import ENVIRONMENT

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    BackendDict.reset()
    yield Plane(ControlPlane(Settings(4747, tmp_path / "snapshots", "token")))
    BackendDict.reset()
