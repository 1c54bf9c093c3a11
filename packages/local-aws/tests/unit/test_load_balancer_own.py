from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from local_aws.errors import CloudError
from local_aws.load_balancer.own import Door, OwnControlPlane

DOOR = Door(18_000, "secret")


class ControlPlane(HTTPServer):
    """Remembers what it is asked; answers with ``mark``, or 404 when that is None."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mark: str | None = "cloud-1"
        self.asked: list[tuple[str, str | None, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: ControlPlane

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""

    def _answer(self, body: Any) -> None:
        self.server.asked.append((self.path, self.headers.get("x-local-aws-token"), body))
        answer = {"service": "local-aws-control-plane", "mark": self.server.mark}
        self.send_response(404 if self.server.mark is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


@pytest.fixture
def control_plane() -> Iterator[ControlPlane]:
    with ControlPlane() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_our_own_tells_with_one_request_whether_something_has_changed(
    control_plane: ControlPlane,
) -> None:
    own = OwnControlPlane(control_plane.url, "token")
    assert own.mark() == "cloud-1"
    control_plane.mark = "cloud-2"
    assert own.mark() == "cloud-2"
    assert [path for path, _, _ in control_plane.asked] == ["/_local-aws/changes"] * 2


def test_another_is_asked_once_and_never_again(control_plane: ControlPlane) -> None:
    control_plane.mark = None
    own = OwnControlPlane(control_plane.url, "token")
    assert [own.mark(), own.mark()] == [None, None]
    assert len(control_plane.asked) == 1


def test_our_own_stays_ours_when_it_stumbles(control_plane: ControlPlane) -> None:
    own = OwnControlPlane(control_plane.url, "token")
    own.mark()
    control_plane.mark = None
    with pytest.raises(CloudError, match="does not say"):
        own.mark()
    control_plane.mark = "cloud-2"
    assert own.mark() == "cloud-2"


def test_one_that_is_not_on_this_machine_is_not_ours() -> None:
    assert OwnControlPlane("https://elasticloadbalancing.amazonaws.com", "token").mark() is None


def test_one_that_is_away_is_a_cloud_error() -> None:
    with pytest.raises(CloudError, match=r"http://127\.0\.0\.1:1: "):
        OwnControlPlane("http://127.0.0.1:1", "token").mark()


def test_a_door_is_registered_once_in_the_life_of_a_control_plane(
    control_plane: ControlPlane,
) -> None:
    own = OwnControlPlane(control_plane.url, "token")
    assert not own.knows(DOOR, "cloud-1")
    own.register(DOOR, "cloud-1", account="111111111111", region="eu-west-1")
    assert own.knows(DOOR, "cloud-7")
    assert not own.knows(DOOR, "next-1")
    [(path, token, body)] = control_plane.asked
    assert (path, token) == ("/_local-aws/runtimes", "token")
    assert body == {
        "account": "111111111111",
        "region": "eu-west-1",
        "port": 18_000,
        "token": "secret",
    }


def test_without_a_token_no_door_is_offered(control_plane: ControlPlane) -> None:
    assert OwnControlPlane(control_plane.url, "").knows(DOOR, "cloud-1")
