from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_aws_tests.plane import Plane


@pytest.fixture
def plane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plane]:
    """A control plane in this process; moto forgets everything afterwards."""
    from local_aws.control_plane.service import ControlPlane, Settings
    from local_aws.control_plane.startup import ENVIRONMENT
    from moto.core.base_backend import BackendDict

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    BackendDict.reset()
    yield Plane(ControlPlane(Settings(4747, tmp_path / "snapshots", "token")))
    BackendDict.reset()
