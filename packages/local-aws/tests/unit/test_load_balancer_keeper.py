"""The keeper, with a serving process that does what a test says."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from local_aws.load_balancer.keeper import TRIES
from local_aws.ports import LOOPBACK

_START = """
import os, signal, socket, sys, time
from local_aws.load_balancer.keeper import Keeper

def say(link, line, *sockets):
    socket.send_fds(link, [line + b"\\n"], [each.fileno() for each in sockets])

def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""

Keep = Callable[[str], subprocess.Popen[str]]
"""Keeps a process of a function ``serve(link, held, killed_by)``, given as text."""


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Keep]:
    started: list[subprocess.Popen[str]] = []

    def start(serve: str) -> subprocess.Popen[str]:
        text = f"{_START}{textwrap.dedent(serve)}\nsys.exit(Keeper(serve).run())"
        process = subprocess.Popen(
            [sys.executable, "-c", text],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        serving = _children(process)
        process.kill()
        for each in serving:
            each.kill()
        process.communicate()


def _children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_exit_code_of_the_serving_process_is_passed_on(keep: Keep) -> None:
    process = keep("def serve(link, held, killed_by): return 7")
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 7


def test_a_killed_process_has_a_successor_that_knows_what_killed_it(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            if killed_by:
                return killed_by
            say(link, b"=")
            die()
        """
    )
    assert process.wait(10) == signal.SIGKILL


def test_killed_again_and_again_after_it_has_served_it_is_started_as_often(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            say(link, b"=")
            print(os.getpid(), flush=True)
            signal.pause()
        """
    )
    pids = []
    for _ in range(TRIES + 1):
        pids.append(int(_line(process)))
        os.kill(pids[-1], signal.SIGKILL)
    assert len({*pids, int(_line(process))}) == TRIES + 2


def test_a_process_that_is_killed_before_it_ever_serves_is_given_up(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            print("once more", flush=True)
            die()
        """
    )
    said, error = process.communicate(timeout=10)
    assert said.split("\n")[:-1] == ["once more"] * TRIES
    assert error.startswith(f"error the load balancer was killed {TRIES} times before it served")
    assert error.count("\n") == 1
    assert process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_keeper_reaches_the_serving_process(
    keep: Keep, number: signal.Signals
) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, lambda number, _: (print(number, flush=True), sys.exit(3)))
            print("ready", flush=True)
            signal.pause()
        """
    )
    assert _line(process) == "ready"
    process.send_signal(number)
    assert _line(process) == str(int(number))
    assert process.wait(10) == 3


def test_a_signal_that_comes_while_a_process_is_started_reaches_that_once(keep: Keep) -> None:
    process = keep(
        """
        fork, kill = os.fork, os.kill

        def fork_and_be_told():
            child = fork()
            if child:
                kill(os.getpid(), signal.SIGTERM)
            return child

        def say_and_kill(pid, number):
            print("told", flush=True)
            kill(pid, number)

        os.fork, os.kill = fork_and_be_told, say_and_kill

        def serve(link, held, killed_by):
            signal.pause()
        """
    )
    said, _ = process.communicate(timeout=10)
    assert said == "told\n"
    assert process.returncode == 128 + signal.SIGTERM


def test_a_signal_that_ends_the_serving_process_ends_the_keeper_too(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            print("ready", flush=True)
            signal.pause()
        """
    )
    assert _line(process) == "ready"
    process.terminate()
    assert process.wait(10) == 128 + signal.SIGTERM


def test_a_client_that_comes_in_between_is_answered_by_the_successor(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            if not killed_by:
                listening = socket.create_server(("127.0.0.1", 0))
                say(link, b"+lb:80", listening)
                say(link, b"=")
                print(listening.getsockname()[1], flush=True)
                signal.pause()
            listening = socket.socket(fileno=held["lb:80"])
            listening.accept()[0].sendall(b"here")
            return 0
        """
    )
    port = int(_line(process))
    [serving] = _children(process)
    serving.kill()
    with socket.create_connection((LOOPBACK, port), timeout=10) as client:
        assert client.recv(4) == b"here"
    assert process.wait(10) == 0


def test_what_is_held_is_not_passed_on_to_workers(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            if killed_by:
                print(*map(os.get_inheritable, held.values()), flush=True)
                return 0
            say(link, b"+lb:80", socket.create_server(("127.0.0.1", 0)))
            die()
        """
    )
    assert process.communicate(timeout=10) == ("False\n", "")


def test_a_socket_that_is_released_or_replaced_is_not_held(keep: Keep) -> None:
    process = keep(
        """
        def serve(link, held, killed_by):
            if killed_by:
                print(sorted(held), flush=True)
                ports = [socket.socket(fileno=each).getsockname()[1] for each in held.values()]
                print(*ports, flush=True)
                return 0
            sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
            say(link, b"+a:80", sockets[0])
            say(link, b"+b:80", sockets[1])
            say(link, b"-b:80")
            say(link, b"+a:80", sockets[2])
            print(*(each.getsockname()[1] for each in sockets), flush=True)
            die()
        """
    )
    first, second, third = _line(process).split()
    assert _line(process) == "['a:80']"
    assert _line(process) == third
    for port in (first, second):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, int(port)), timeout=10)
