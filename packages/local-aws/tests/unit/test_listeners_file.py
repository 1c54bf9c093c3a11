from __future__ import annotations

from pathlib import Path

import pytest
from local_aws import listeners_file
from local_aws.listeners_file import Listener, ListenersFile

LISTENER = Listener("arn:lb", "lb.elb", 80, "HTTP", 9000, "http://127.0.0.1:9000")


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "listeners.json"
    ListenersFile(path, 9000).update("eu-west-1", (LISTENER,), {"lb:80": 9000})
    found = listeners_file.read(path)
    assert found is not None
    assert found[1] == (LISTENER,)
    assert listeners_file.http_port(path) == 9000
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_written_before_every_expected_region_is_served(tmp_path: Path) -> None:
    path = tmp_path / "listeners.json"
    file = ListenersFile(path, 9000)
    file.expect("eu-west-1")
    file.expect("us-east-1")
    file.update("us-east-1", (LISTENER,), {})
    assert not path.exists()
    file.update("eu-west-1", (), {})
    found = listeners_file.read(path)
    assert found is not None
    assert found[1] == (LISTENER,)


def test_ports_are_known_by_region_and_for_the_same_http_port_only(tmp_path: Path) -> None:
    path = tmp_path / "listeners.json"
    ListenersFile(path, 9000).update("eu-west-1", (), {"lb:80": 9000, "deleted:80": 9003})
    again = ListenersFile(path, 9000)
    assert again.ports("eu-west-1") == {"lb:80": 9000, "deleted:80": 9003}
    assert again.ports("us-east-1") == {}
    assert (again.had_http_port("eu-west-1"), again.had_http_port("us-east-1")) == (True, False)
    assert ListenersFile(path, 8000).ports("eu-west-1") == {}


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "{", '{"http_port": 9000, "ports": [1], "listeners": [1], "pid": "x"}'],
)
def test_a_damaged_file_is_like_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "listeners.json"
    path.write_text(content)
    assert ListenersFile(path, 9000).ports("eu-west-1") == {}
    assert listeners_file.read(path) is None
