from __future__ import annotations

import socket

import pytest
from local_aws.errors import CloudError
from local_aws.ports import LOOPBACK, free_port, is_free


def test_a_port_in_use_is_skipped() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) > port


def test_no_port_is_one_clear_error() -> None:
    with pytest.raises(CloudError, match="no free port between 70000"):
        free_port(70_000)
