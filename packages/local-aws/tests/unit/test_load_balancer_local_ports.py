from __future__ import annotations

import socket

import pytest
from local_aws.errors import CloudError
from local_aws.load_balancer.local_ports import bind, candidate_ports
from local_aws.ports import LOOPBACK
from local_aws_tests.load_balancer_models import listener

HTTP, ALTERNATE = listener(port=80), listener(port=8080)
OTHER = listener(port=80, name="other")
ALL = (HTTP, ALTERNATE, OTHER)


def test_port_80_of_the_first_load_balancer_gets_the_http_port() -> None:
    assert candidate_ports(HTTP, ALL, 9000, None, [])[:2] == [9000, 9001]


def test_other_listeners_never_get_the_http_port() -> None:
    assert candidate_ports(ALTERNATE, ALL, 9000, None, [])[0] == 9001
    assert 9000 not in candidate_ports(OTHER, ALL, 9000, None, [9001])
    assert candidate_ports(OTHER, ALL, 9000, None, [9001])[0] == 9002


def test_a_listener_gets_its_earlier_port() -> None:
    assert candidate_ports(OTHER, ALL, 9000, 9007, [])[0] == 9007
    assert candidate_ports(OTHER, ALL, 9000, 9007, [9007])[0] == 9001


def test_a_port_in_use_is_skipped() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with bind([port, 0]) as bound:
            assert bound.getsockname()[1] != port


def test_no_free_port_is_an_error_with_a_hint() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken, pytest.raises(CloudError) as caught:
        bind([taken.getsockname()[1]])
    assert caught.value.hint is not None
