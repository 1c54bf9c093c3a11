from __future__ import annotations

import pytest

from terrarium import toolchain


@pytest.fixture(scope="session", autouse=True)
def terraform_finds_its_providers() -> None:
    toolchain.activate()
