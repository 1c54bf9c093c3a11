from __future__ import annotations

from collections.abc import Iterator

import pytest
from local_aws_tests.accounts import DEV, Account, unused_port
from local_aws_tests.balanced import control_plane, data_plane
from local_aws_tests.conformance import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A local cloud with a data plane in front of it, for every test of the folder."""
    folder = tmp_path_factory.mktemp("conformance")
    with control_plane(folder / "cloud") as endpoint:
        account = Account(endpoint, DEV)
        port = unused_port()
        with data_plane(
            endpoint, account, folder / "plane", port, 0.1, more={"--log-seconds": "0.5"}
        ) as plane:
            yield Stage(account, plane)
