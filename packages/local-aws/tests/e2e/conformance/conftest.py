from __future__ import annotations

from collections.abc import Iterator

import pytest
from local_aws.local import LocalCloud
from local_aws.ports import free_port
from local_aws_tests.accounts import DEV, Account
from local_aws_tests.balanced import data_plane
from local_aws_tests.conformance import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A local cloud with a data plane in front of it, for every test of the folder."""
    folder = tmp_path_factory.mktemp("conformance")
    cloud = LocalCloud(folder / "cloud")
    account = Account(cloud.start(), DEV)
    try:
        port = free_port(18_400)
        with data_plane(
            cloud.start(), account, folder / "plane", port, 0.1, more={"--log-seconds": "0.5"}
        ) as plane:
            yield Stage(account, plane)
    finally:
        cloud.discard_changes()
