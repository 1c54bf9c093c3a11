from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from local_aws.errors import CloudError, UsageError
from local_aws.load_balancer.change_feed import ChangeFeed, InvocationPort

RUNTIME = InvocationPort(18_000, "secret")


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
        """Print nothing."""

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


def test_one_request_tells_whether_something_has_changed(
    control_plane: ControlPlane,
) -> None:
    feed = ChangeFeed(control_plane.url, "token")
    assert feed.mark() == "cloud-1"
    control_plane.mark = "cloud-2"
    assert feed.mark() == "cloud-2"
    assert [path for path, _, _ in control_plane.asked] == ["/_local-aws/changes"] * 2


def test_another_control_plane_is_asked_once(control_plane: ControlPlane) -> None:
    control_plane.mark = None
    feed = ChangeFeed(control_plane.url, "token")
    assert [feed.mark(), feed.mark()] == [None, None]
    assert len(control_plane.asked) == 1


def test_a_control_plane_that_fails_once_is_asked_again(control_plane: ControlPlane) -> None:
    feed = ChangeFeed(control_plane.url, "token")
    feed.mark()
    control_plane.mark = None
    with pytest.raises(CloudError, match="does not say"):
        feed.mark()
    control_plane.mark = "cloud-2"
    assert feed.mark() == "cloud-2"


def test_a_control_plane_elsewhere_is_not_asked() -> None:
    assert ChangeFeed("https://elasticloadbalancing.amazonaws.com", "token").mark() is None


def test_a_control_plane_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(CloudError, match=r"http://127\.0\.0\.1:1: "):
        ChangeFeed("http://127.0.0.1:1", "token").mark()


def test_a_runtime_is_registered_once_in_the_life_of_a_control_plane(
    control_plane: ControlPlane,
) -> None:
    feed = ChangeFeed(control_plane.url, "token")
    for mark in ("cloud-1", "cloud-7", "next-1"):
        feed.register(RUNTIME, mark, account="111111111111", region="eu-west-1")
    assert [(path, token) for path, token, _ in control_plane.asked] == [
        ("/_local-aws/runtimes", "token")
    ] * 2
    assert control_plane.asked[0][2] == {
        "account": "111111111111",
        "region": "eu-west-1",
        "port": RUNTIME.port,
        "token": RUNTIME.token,
    }


def test_without_the_token_of_a_control_plane_nothing_is_registered(
    control_plane: ControlPlane,
) -> None:
    feed = ChangeFeed(control_plane.url, "")
    feed.register(RUNTIME, "cloud-1", account="111111111111", region="eu-west-1")
    assert control_plane.asked == []


def test_another_control_plane_cannot_list_regions(control_plane: ControlPlane) -> None:
    control_plane.mark = None
    with pytest.raises(UsageError, match="cannot list Regions") as refused:
        ChangeFeed(control_plane.url, "").regions("111111111111")
    assert "--region" in str(refused.value.hint)
