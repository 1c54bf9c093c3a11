from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from local_aws_tests.plane import Plane


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    """A control plane in this process; moto is reset before and after the test."""
    from local_aws.control_plane.service import ControlPlane, Settings
    from moto.core.base_backend import BackendDict

    BackendDict.reset()
    yield Plane(ControlPlane(Settings(4747, tmp_path / "snapshots", "token")))
    BackendDict.reset()
