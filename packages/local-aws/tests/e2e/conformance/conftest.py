from __future__ import annotations

from collections.abc import Iterator

import pytest
from local_aws_tests.accounts import DEV, Account, unused_port
from local_aws_tests.balanced import control_plane, data_plane
from local_aws_tests.conformance import Balancers


@pytest.fixture(scope="session")
def balancers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancers]:
    """Load balancers of one control plane, shared by all tests of the folder."""
    folder = tmp_path_factory.mktemp("conformance")
    with control_plane(folder / "cloud") as endpoint:
        account = Account(endpoint, DEV)
        port = unused_port()
        with data_plane(
            endpoint, account, folder / "plane", port, 0.1, more={"--log-seconds": "0.5"}
        ) as plane:
            yield Balancers(account, plane)
