"""The load balancer process with a control plane and functions."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from local_aws_tests.accounts import DEV, Account, unused_port
from local_aws_tests.balanced import (
    HANDLER,
    ControlPlane,
    DataPlane,
    Service,
    control_plane,
    data_plane,
    eventually,
)

_NUMBERS = itertools.count(300_000_000_001)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def send(url: str, target: str, method: str = "GET") -> Reply:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, target)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def account(endpoint: ControlPlane) -> Account:
    """An account for one test only."""
    return Account(endpoint, f"{next(_NUMBERS):012d}")


@pytest.fixture
def service(account: Account) -> Service:
    return Service(account)


@pytest.fixture
def plane(endpoint: ControlPlane, account: Account, tmp_path: Path) -> Iterator[DataPlane]:
    with data_plane(endpoint, account, tmp_path / "plane", unused_port()) as running:
        yield running


def test_a_request_goes_through_the_load_balancer_to_the_function(
    service: Service, plane: DataPlane
) -> None:
    url = plane.url()
    reply = send(url, "/api/foo?a=%20b&identity")
    assert reply.status == 200
    assert reply.headers["Server"] == "awselb/2.0"
    body = reply.json()
    assert body["event"]["path"] == "/api/foo"
    assert body["event"]["queryStringParameters"] == {"a": "%20b", "identity": ""}
    assert body["event"]["requestContext"]["elb"]["targetGroupArn"] == service.target_group
    assert body["arn"] == service.alias
    assert body["version"] == "1"
    assert 2_000 < body["remaining"] <= 3_000
    assert body["identity"] == f"arn:aws:sts::{service.account.id}:assumed-role/lambda_role/api"
    environment = body["environment"]
    assert environment["BUCKET"] == "documents"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "api"
    assert environment["AWS_REGION"] == "eu-west-1"
    assert "HOME" not in environment
    assert "PYTHONPATH" not in environment
    missing = send(url, "/elsewhere")
    assert (missing.status, missing.body) == (404, b"{}")
    assert send(url, "/health", "HEAD").body == b""


def test_a_failing_function_is_a_502_and_the_next_request_succeeds(
    service: Service, plane: DataPlane
) -> None:
    url = plane.url()
    for fault in ("raise", "exit", "return=text", "sleep=30"):
        reply = send(url, f"/api/foo?{fault}")
        assert (fault, reply.status) == (fault, 502)
        assert b"502 Bad Gateway" in reply.body
        assert send(url, "/health").status == 200
    messages = eventually(lambda: _messages_with(service, "Task timed out after 3.00 seconds"))
    assert any("ValueError: on purpose" in message for message in messages)
    assert any("Runtime exited with error: exit status 3" in message for message in messages)


def test_no_request_is_lost_when_an_idle_worker_is_killed(
    service: Service, plane: DataPlane
) -> None:
    url = plane.url()
    for _ in range(10):
        pid = send(url, "/health").json()["pid"]
        assert [worker.pid for worker in plane.workers()] == [pid]
        psutil.Process(pid).kill()
        assert send(url, "/health").json()["pid"] != pid


def test_killing_a_busy_worker_is_a_502_at_once(service: Service, plane: DataPlane) -> None:
    url = plane.url()
    pid = send(url, "/health").json()["pid"]
    with ThreadPoolExecutor() as threads:
        running = threads.submit(send, url, "/api/foo?sleep=2.5")
        eventually(lambda: _messages_with(service, "path /api/foo"))
        psutil.Process(pid).kill()
        began = time.monotonic()
        assert running.result().status == 502
    assert time.monotonic() - began < 1.5
    assert send(url, "/health").status == 200


def test_a_function_logs_between_start_and_report(service: Service, plane: DataPlane) -> None:
    send(plane.url(), "/api/foo")
    messages = eventually(lambda: _messages_with(service, "REPORT RequestId"))
    kinds = [message.split(" ")[0].strip() for message in messages]
    assert kinds == ["INIT_START", "cold", "START", "path", "END", "REPORT"]
    assert "Version: 1" in messages[2]
    assert "Init Duration" in messages[5]


def test_an_import_error_of_a_function_is_a_502_and_is_logged(
    account: Account, plane: DataPlane
) -> None:
    service = Service(account, handler="import nothing_of_that_name")
    assert send(plane.url(), "/health").status == 502
    assert eventually(lambda: _messages_with(service, "No module named 'nothing_of_that_name'"))
    assert send(plane.url(), "/health").status == 502


def test_an_unsupported_runtime_is_a_502_and_is_logged(account: Account, plane: DataPlane) -> None:
    Service(account, Runtime="nodejs22.x")
    assert send(plane.url(), "/health").status == 502
    assert "only Python runs here" in plane.log.read_text()


def test_a_new_version_serves_once_the_alias_points_at_it(
    service: Service, plane: DataPlane
) -> None:
    url = plane.url()
    version = service.publish(HANDLER.replace("on purpose", "again"))
    assert send(url, "/health").json()["version"] == "1"
    service.functions.update_alias(FunctionName="api", Name="live", FunctionVersion=version)
    eventually(lambda: send(url, "/health").json()["version"] == version)


def test_an_alias_may_share_requests_between_two_versions(
    service: Service, plane: DataPlane
) -> None:
    url = plane.url()
    version = service.publish(HANDLER.replace("on purpose", "again"))
    service.functions.update_alias(
        FunctionName="api",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {version: 0.5}},
    )
    seen: set[str] = set()

    def both() -> bool:
        seen.add(send(url, "/health").json()["version"])
        return seen == {"1", version}

    assert eventually(both)


def test_changes_of_listeners_and_rules_take_effect(service: Service, plane: DataPlane) -> None:
    url = plane.url()
    service.add_rule(
        5,
        "/api/old",
        {"Type": "redirect", "RedirectConfig": {"Path": "/api/new", "StatusCode": "HTTP_302"}},
    )
    moved = eventually(lambda: _reply_with(url, "/api/old", 302))
    assert moved.headers["Location"] == f"{url}/api/new"
    second = service.listen(8081)
    other = plane.url(8081)
    assert send(other, "/health").status == 404
    service.balancers.delete_listener(ListenerArn=second)
    eventually(lambda: 8081 not in plane.listeners())
    assert eventually(lambda: _is_refused(other))
    assert send(url, "/health").status == 200


def test_no_target_is_a_503_and_no_permission_a_502(service: Service, plane: DataPlane) -> None:
    url = plane.url()
    service.functions.remove_permission(
        FunctionName="api", Qualifier="live", StatementId="load-balancer"
    )
    eventually(lambda: _reply_with(url, "/health", 502))
    assert "LambdaAccessDenied" in plane.log.read_text()
    service.balancers.deregister_targets(
        TargetGroupArn=service.target_group, Targets=[{"Id": service.alias}]
    )
    eventually(lambda: _reply_with(url, "/health", 503))


def test_the_last_configuration_is_served_while_the_control_plane_is_down(
    tmp_path: Path,
) -> None:
    with control_plane(tmp_path / "cloud") as endpoint:
        account = Account(endpoint, DEV)
        service = Service(account)
        with data_plane(endpoint, account, tmp_path / "plane", unused_port()) as plane:
            url = plane.url()
            assert send(url, "/health").status == 200
            endpoint.stop(save=True)
            eventually(lambda: "serving the last known configuration" in plane.log.read_text())
            assert send(url, "/health").status == 200
            assert plane.listeners() == {80: url}
            endpoint.start()
            service.listen(8081)
            assert send(plane.url(8081), "/").status == 404


def test_a_control_plane_that_lost_its_state_is_followed(tmp_path: Path) -> None:
    with control_plane(tmp_path / "cloud") as endpoint:
        account = Account(endpoint, DEV)
        Service(account)
        with data_plane(endpoint, account, tmp_path / "plane", unused_port()) as plane:
            url = plane.url()
            assert send(url, "/health").status == 200
            endpoint.stop(save=False)
            endpoint.start()
            eventually(lambda: not plane.listeners())
            Service(Account(endpoint, DEV))
            assert plane.url() == url
            identity = eventually(lambda: _reply_with(url, "/api/foo?identity", 200)).json()
            assert f"::{DEV}:" in identity["identity"]


def test_a_stopped_load_balancer_finishes_requests_and_returns_to_its_port(
    endpoint: ControlPlane, service: Service, tmp_path: Path
) -> None:
    port = unused_port()
    with data_plane(endpoint, service.account, tmp_path / "plane", port) as first:
        url = first.url()
        with ThreadPoolExecutor() as threads:
            running = threads.submit(send, url, "/api/foo?sleep=1")
            eventually(lambda: _messages_with(service, "path /api/foo"))
            workers = first.workers()
            assert first.stop() == 0
            assert running.result().status == 200
        assert psutil.wait_procs(workers, timeout=5)[1] == []
        assert "Traceback" not in first.log.read_text()
    with data_plane(endpoint, service.account, tmp_path / "plane", port) as second:
        assert second.url() == url


def test_workers_end_with_a_killed_load_balancer(service: Service, plane: DataPlane) -> None:
    send(plane.url(), "/health")
    workers = plane.workers()
    assert workers != []
    plane.process.kill()
    assert psutil.wait_procs(workers, timeout=5)[1] == []


def test_many_concurrent_requests_are_answered(service: Service, plane: DataPlane) -> None:
    url = plane.url()
    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(lambda number: send(url, f"/api/{number}"), range(200)))
    assert [reply.status for reply in replies] == [200] * 200
    paths = [reply.json()["event"]["path"] for reply in replies]
    assert paths == [f"/api/{number}" for number in range(200)]


def _messages_with(service: Service, text: str) -> list[str]:
    messages = service.log_messages()
    return messages if any(text in message for message in messages) else []


def _is_refused(url: str) -> bool:
    try:
        send(url, "/health")
    except ConnectionRefusedError:
        return True
    return False


def _reply_with(url: str, target: str, status: int) -> Reply | None:
    reply = send(url, target)
    return reply if reply.status == status else None
