"""A running cloud, for the tests of a file that needs no special one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from local_aws import LocalCloud
from local_aws_tests.accounts import DEV, Account, unused_port


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"))
    cloud.start()
    cloud.prefer(DEV, http_port=unused_port())
    yield cloud
    cloud.stop(save=False)


@pytest.fixture(scope="module")
def account(cloud: LocalCloud) -> Account:
    return Account(cloud.start(), DEV)
