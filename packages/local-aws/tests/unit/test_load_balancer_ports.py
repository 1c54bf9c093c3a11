from __future__ import annotations

import socket
from pathlib import Path

import pytest
from local_aws.errors import CloudError
from local_aws.load_balancer.ports import bind, preferred
from local_aws.load_balancer.state_file import Served, StateFile
from local_aws.ports import LOOPBACK
from local_aws_tests.load_balancer_models import listener

HTTP, ALTERNATE = listener(port=80), listener(port=8080)
OTHER = listener(port=80, name="other")
ALL = (HTTP, ALTERNATE, OTHER)


def test_port_80_of_the_first_load_balancer_has_the_asked_port() -> None:
    assert preferred(HTTP, ALL, 9000, None, [])[:2] == [9000, 9001]


def test_other_listeners_never_take_the_asked_port() -> None:
    assert preferred(ALTERNATE, ALL, 9000, None, [])[0] == 9001
    assert 9000 not in preferred(OTHER, ALL, 9000, None, [9001])
    assert preferred(OTHER, ALL, 9000, None, [9001])[0] == 9002


def test_a_listener_comes_back_to_the_port_it_had() -> None:
    assert preferred(OTHER, ALL, 9000, 9007, [])[0] == 9007
    assert preferred(OTHER, ALL, 9000, 9007, [9007])[0] == 9001


def test_a_port_in_use_is_passed_over() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with bind([port, 0]) as bound:
            assert bound.getsockname()[1] != port


def test_no_free_port_is_an_error_with_a_hint() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken, pytest.raises(CloudError) as caught:
        bind([taken.getsockname()[1]])
    assert caught.value.hint is not None


SERVED = Served("arn:lb", "lb.elb", 80, "HTTP", 9000, "http://127.0.0.1:9000")


def test_the_state_file_remembers_ports_of_the_same_range_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    StateFile(path, 9000).write((SERVED,), {"lb:80": 9000, "gone:80": 9003})
    assert StateFile(path, 9000).remembered_ports() == {"lb:80": 9000, "gone:80": 9003}
    assert StateFile(path, 8000).remembered_ports() == {}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "{}", "[]", "{", '{"http_port": 9000, "ports": [1]}'])
def test_a_broken_state_file_remembers_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    assert StateFile(path, 9000).remembered_ports() == {}
