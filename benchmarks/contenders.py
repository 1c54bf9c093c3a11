"""The load balancers that are compared, each with a function that answers one static JSON text.

serverless-offline comes from npm and ministack from PyPI, both into `.terrarium/benchmarks`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import psutil
from local_aws.ports import LOOPBACK, free_port
from local_aws_tests.accounts import Account
from local_aws_tests.balanced import Service, control_plane, data_plane, package

from benchmarks.measure import run
from terrarium.settings import ROOT, STATE_DIR

PATH = "/api/static"
BODY = b'{"ok": true}'
HANDLER = """
def handler(event, context):
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"ok": true}',
    }
"""

_CACHE = STATE_DIR / "benchmarks"
_MINISTACK = "ministack==1.5.33"
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that serves ``url``; ``host`` is the Host header that it requires, if any."""

    url: str
    host: str | None
    roots: tuple[int, ...]

    def megabytes(self) -> float:
        """Return the memory of all its processes; shared pages count once (PSS)."""
        return sum(process.memory_full_info().pss for process in self._processes()) / 1e6

    def suspend(self) -> None:
        for process in self._processes():
            process.suspend()

    def resume(self) -> None:
        for process in self._processes():
            process.resume()

    def _processes(self) -> Iterator[psutil.Process]:
        for pid in self.roots:
            root = psutil.Process(pid)
            yield root
            yield from root.children(recursive=True)


Contender = Callable[[Path], AbstractContextManager[Running]]
"""Started in an empty folder, gone afterwards."""


@contextmanager
def terrarium(folder: Path) -> Iterator[Running]:
    """This project: control plane, load balancer and workers, as `./inv up` runs them."""
    with control_plane(folder / "cloud") as endpoint:
        account = Account(endpoint, "111111111111")
        Service(account, handler=HANDLER)
        port = free_port(18_080)
        with data_plane(endpoint, account, folder / "plane", port, poll_seconds=1.0) as plane:
            yield _ready(plane.url() + PATH, None, (endpoint.pid, plane.process.pid))


@contextmanager
def serverless_offline(folder: Path) -> Iterator[Running]:
    """Its ALB with the function in the same thread: at 16 connections five times as fast as the
    default, a separate thread."""
    shutil.copytree(ROOT / "benchmarks" / "peers" / "serverless_offline", folder / "app")
    modules = _CACHE / "serverless_offline"
    if not (modules / "node_modules" / "serverless-offline").is_dir():
        modules.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "app" / "package.json", modules)
        run(["npm", "install", "--no-audit", "--no-fund"], modules)
    (folder / "app" / "node_modules").symlink_to(modules / "node_modules")
    port = free_port(13_003)
    ports = ["--albPort", str(port), "--httpPort", str(free_port(port + 1))]
    command = ["node_modules/.bin/serverless", "offline", "--useInProcess", *ports]
    environ = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}
    with _process(command, folder / "app", environ) as pid:
        yield _ready(f"http://{LOOPBACK}:{port}/dev{PATH}", None, (pid,))


@contextmanager
def ministack(folder: Path) -> Iterator[Running]:
    """Its ALB in front of a Python function with two warm processes, which is its default."""
    python = _CACHE / "ministack" / "bin" / "python"
    if not (python.parent / "ministack").is_file():
        run([sys.executable, "-m", "venv", str(python.parent.parent)], folder)
        run([str(python), "-m", "pip", "install", "--quiet", _MINISTACK], folder)
    port = free_port(14_566)
    environ = {"GATEWAY_PORT": str(port)}
    with _process([str(python.parent / "ministack")], folder, environ) as pid:
        endpoint = f"http://{LOOPBACK}:{port}"
        _wait(f"{endpoint}/_ministack/health", None, until=bool)
        host = _deploy_to_ministack(endpoint)
        yield _ready(f"{endpoint}{PATH}", host, (pid,))


def _deploy_to_ministack(endpoint: str) -> str:
    """Create a load balancer that forwards everything to the function; return its DNS name."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    ec2 = session.client("ec2", endpoint_url=endpoint)
    elbv2 = session.client("elbv2", endpoint_url=endpoint)
    created = session.client("lambda", endpoint_url=endpoint).create_function(
        FunctionName="api",
        Runtime="python3.13",
        Handler="lambda.handler",
        Role="arn:aws:iam::000000000000:role/api",
        Code={"ZipFile": package(HANDLER)},
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
        for cidr in ("10.0.0.0/24", "10.0.1.0/24")
    ]
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]
    group = elbv2.create_target_group(Name="api", TargetType="lambda")["TargetGroups"][0]
    arn = group["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": created["FunctionArn"]}])
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    return balancer["DNSName"]


@contextmanager
def _process(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Iterator[int]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ready(url: str, host: str | None, roots: tuple[int, ...]) -> Running:
    _wait(url, host, until=lambda body: body == BODY)
    return Running(url, host, roots)


def _wait(url: str, host: str | None, until: Callable[[bytes], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    request = urllib.request.Request(url, headers={} if host is None else {"Host": host})  # noqa: S310
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                if until(response.read()):
                    return
        except OSError:
            pass  # it has not started yet
        time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer within {_START_SECONDS:.0f} s")
