"""The load balancer in front of other control planes, with their address only."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from local_aws.ports import LOOPBACK, accepts, free_port
from local_aws_tests.accounts import REGION, Account, At, get
from local_aws_tests.balanced import Service, eventually

_MINISTACK = "ministack==1.5.33"
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
_SERVES = re.compile(r"(http://127\.0\.0\.1:\d+) serves port (\d+) of")


class DefaultAccount(Account):
    """The account of a control plane for unknown keys."""

    def __init__(self, url: str) -> None:
        self.id = ""
        self.region = REGION
        self._endpoint = At(url)
        self._keys = ("test", "test", "")


@dataclass(frozen=True, slots=True)
class Process:
    child: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        return self.log.read_text()

    def url(self, port: int = 80) -> str:
        """Return the URL that the load balancer logs for a port."""
        return eventually(lambda: self._serves().get(port), 30)

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()

    def _serves(self) -> dict[int, str]:
        return {int(port): url for url, port in _SERVES.findall(self.output())}


@contextmanager
def running(command: list[str], log: Path, **environ: str) -> Iterator[Process]:
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            env={**os.environ, **_KEYS, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Process(child, log)
    finally:
        child.kill()
        child.wait()


@contextmanager
def moto(folder: Path, port: int) -> Iterator[Process]:
    program = str(Path(sys.executable).with_name("moto_server"))
    with running([program, "-H", LOOPBACK, "-p", str(port)], folder / "moto.log") as process:
        eventually(lambda: accepts(port), 60)
        yield process


@contextmanager
def ministack(folder: Path, port: int) -> Iterator[Process]:
    """Run ministack in its own environment; skip if it cannot be installed."""
    home = Path(__file__).parents[4] / ".terrarium" / "benchmarks" / "ministack"
    python = home / "bin" / "python"
    if not (home / "bin" / "ministack").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", _MINISTACK]
        if subprocess.run(install, capture_output=True, check=False).returncode != 0:
            pytest.skip(f"{_MINISTACK} cannot be installed here")
    command = [str(home / "bin" / "ministack")]
    environ = {"GATEWAY_PORT": str(port), "PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    with running(command, folder / "ministack.log", **environ) as process:
        eventually(lambda: accepts(port), 60)
        eventually(lambda: _answers(port), 60)
        yield process


def _answers(port: int) -> bool:
    try:
        DefaultAccount(f"http://{LOOPBACK}:{port}").client("sts").get_caller_identity()
    except Exception:  # it is starting
        return False
    return True


@contextmanager
def data_plane(url: str, folder: Path) -> Iterator[Process]:
    command = [sys.executable, "-m", "local_aws.load_balancer"]
    command += ["--endpoint-url", url, "--region", REGION]
    with running(command, folder / "data-plane.log") as process:
        yield process


@dataclass(frozen=True, slots=True)
class Stage:
    control_plane: Process
    service: Service
    data_plane: Process


@pytest.fixture(
    scope="module",
    params=[moto, pytest.param(ministack, marks=pytest.mark.soak)],
    ids=["moto", "ministack"],
)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("any")
    port = free_port(18_500)
    with ExitStack() as stack:
        process = stack.enter_context(request.param(folder, port))
        account = DefaultAccount(f"http://{LOOPBACK}:{port}")
        service = Service(account)
        plane = stack.enter_context(data_plane(f"http://{LOOPBACK}:{port}", folder))
        yield Stage(process, service, plane)


def test_a_load_balancer_of_any_control_plane_is_served(stage: Stage) -> None:
    url = stage.data_plane.url()
    assert get(f"{url}/elsewhere") == (404, b"{}")


def test_new_rules_and_listeners_are_served_and_deleted_ones_are_not(stage: Stage) -> None:
    url = stage.data_plane.url()
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "new"}
    action = {"Type": "fixed-response", "FixedResponseConfig": answer}
    stage.service.add_rule(5, "/new", action)
    eventually(lambda: get(f"{url}/new") == (200, b"new"))
    second = stage.service.listen(8081)
    other = stage.data_plane.url(8081)
    assert get(other) == (404, b"{}")
    stage.service.balancers.delete_listener(ListenerArn=second)
    eventually(lambda: not accepts(int(other.rpartition(":")[2])))


def test_no_request_sees_half_of_a_change(stage: Stage) -> None:
    url = f"{stage.data_plane.url()}/elsewhere"
    seen: set[tuple[int, bytes]] = set()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            seen.add(get(url))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for number in (201, 202, 203):
            answer = {"StatusCode": str(number), "ContentType": "text/plain"}
            fixed = answer | {"MessageBody": f"number {number}"}
            stage.service.balancers.modify_listener(
                ListenerArn=stage.service.listener,
                DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": fixed}],
            )
            eventually(partial(_has_seen, seen, number))
    finally:
        stop.set()
        asking.join()
    whole = {(number, f"number {number}".encode()) for number in (201, 202, 203)}
    assert seen <= whole | {(404, b"{}")}


def _has_seen(answers: set[tuple[int, bytes]], status: int) -> bool:
    return any(seen == status for seen, _ in list(answers))


def test_a_function_runs_if_its_code_can_be_downloaded(stage: Stage) -> None:
    url = stage.data_plane.url()
    location = stage.service.functions.get_function(FunctionName="api")["Code"]["Location"]
    if ".amazonaws.com/" in location:
        pytest.skip("this control plane says that the code is in a bucket of AWS")
    with urllib.request.urlopen(f"{url}/health") as response:  # noqa: S310
        body = json.loads(response.read())
    assert body["event"]["path"] == "/health"
    assert body["arn"] == stage.service.alias


def test_it_keeps_serving_without_its_control_plane(stage: Stage) -> None:
    """Kills the control plane, so it is the last test of the file."""
    url = f"{stage.data_plane.url()}/elsewhere"
    before = get(url)
    stage.control_plane.kill()
    eventually(lambda: "serving the last known configuration" in stage.data_plane.output(), 30)
    assert get(url) == before
