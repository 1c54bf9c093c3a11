from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from local_aws import log_file, processes
from local_aws.errors import CloudError
from local_aws.exclusive import exclusive
from local_aws.identity import Identity
from local_aws.ports import LOOPBACK, free_port, is_free
from local_aws.processes import Process

Start = Callable[[str], Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Python code in the background, and returns once it has printed a line."""
    started: list[Process] = []

    def begin(code: str) -> Process:
        log = tmp_path / "test.log"
        process = processes.spawn(
            "test",
            [sys.executable, "-c", textwrap.dedent(code)],
            log=log,
            environ=processes.own_environment(os.environ, {}),
            directory=tmp_path,
        )
        started.append(process)
        while processes.is_running(process) and not log.read_bytes().endswith(b"\n"):
            pass
        return process

    yield begin
    for process in started:
        processes.end(process, grace_seconds=0.0)


WAITS = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAITS


def test_a_process_is_found_again_by_what_was_written_down(start: Start, tmp_path: Path) -> None:
    process = start(WAITS)
    processes.write(process, tmp_path / "p.json")
    found = processes.read(tmp_path / "p.json")
    assert found == process
    assert found is not None
    assert processes.is_running(found)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_damaged_note_is_no_process(content: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(content)
    assert processes.read(tmp_path / "p.json") is None


def test_a_pid_that_somebody_else_has_by_now_is_never_ended(start: Start) -> None:
    process = start(WAITS)
    reused = [
        replace(process, created=process.created - 60),
        replace(process, command=("python", "-m", "something.else")),
    ]
    for note in reused:
        assert not processes.is_running(note)
        processes.end(note, grace_seconds=0.1)
    assert processes.is_running(process)


def test_a_killed_process_does_not_count_as_running(start: Start) -> None:
    process = start(WAITS)
    os.kill(process.pid, signal.SIGKILL)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(process.pid).wait(5)
    assert not processes.is_running(process)


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(start: Start) -> None:
    process = start(STUBBORN)
    processes.end(process, grace_seconds=0.1)
    assert not processes.is_running(process)


def test_a_process_gets_its_time_to_end_well(start: Start, tmp_path: Path) -> None:
    process = start(
        """
        import signal, sys
        signal.signal(signal.SIGTERM, lambda *_: (print("saved", flush=True), sys.exit(0)))
        print("ready", flush=True)
        signal.pause()
        """
    )
    processes.end(process, grace_seconds=10.0)
    assert (tmp_path / "test.log").read_text() == "ready\nsaved\n"


def test_a_process_leads_a_session_of_its_own(start: Start) -> None:
    process = start(WAITS)
    assert os.getsid(process.pid) == process.pid


def test_processes_are_found_by_a_path_below_a_folder(start: Start, tmp_path: Path) -> None:
    process = start(WAITS)
    command = [sys.executable, "-c", WAITS, "--state-file", str(tmp_path / "a" / "b.json")]
    other = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        found = processes.with_option_under("stray", "--state-file", tmp_path)
        assert [stray.pid for stray in found] == [other.pid]
        assert processes.with_option_under("stray", "--state-file", tmp_path / "c") == []
        assert process.pid in [p.pid for p in processes.with_words("w", process.command)]
    finally:
        other.kill()
        other.wait()


def test_a_fork_has_the_command_of_the_process_that_made_it(start: Start) -> None:
    process = start("import os, signal; print(os.fork(), flush=True); signal.pause()")
    [fork] = (child.pid for child in psutil.Process(process.pid).children())
    other = start(WAITS)
    assert processes.has_command(fork, process)
    assert not processes.has_command(other.pid, process)
    processes.end(process, grace_seconds=0.0)
    [left] = processes.with_words("left", process.command[1:])
    assert left.pid == fork
    processes.end(left, grace_seconds=0.0)
    assert not processes.has_command(fork, process)


def test_a_process_whose_parent_is_gone_is_an_orphan(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WAITS)
    ours, theirs = (
        subprocess.Popen(
            [sys.executable, script, str(parent)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        for parent in (os.getpid(), 1)
    )
    try:
        for child in (ours, theirs):
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
        assert [each.pid for each in processes.orphans("worker", script)] == [theirs.pid]
    finally:
        for child in (ours, theirs):
            child.kill()
            child.communicate()


def test_a_program_that_does_not_exist_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="thing cannot be started"):
        processes.spawn(
            "thing", [str(tmp_path / "none")], log=tmp_path / "l", environ={}, directory=tmp_path
        )


def test_nothing_of_the_callers_aws_reaches_a_background_process() -> None:
    base = {"AWS_PROFILE": "work", "AWS_ENDPOINT_URL": "https://x", "HOME": "/h"}
    environ = processes.own_environment(base, {"AWS_ACCESS_KEY_ID": "local"})
    assert environ == {"HOME": "/h", "PYTHONUNBUFFERED": "1", "AWS_ACCESS_KEY_ID": "local"}


def test_the_last_two_logs_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    for text in "abcd":
        log_file.rotate(log)
        log.write_text(text)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "x.log": "d",
        "x.log.1": "c",
        "x.log.2": "b",
    }


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"\xff" * 20_000 + b"\n" + b"\n".join(b"%d" % n for n in range(20)))
    assert log_file.tail(log, 2) == "18\n19"
    assert log_file.tail(tmp_path / "none") == ""


def test_a_port_that_is_taken_is_passed_over() -> None:
    with socket_on(0) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) > port


def test_a_port_to_avoid_is_passed_over() -> None:
    port = free_port(20_000)
    assert free_port(port, avoid={port}) > port


def test_no_port_is_one_clear_error() -> None:
    with pytest.raises(CloudError, match="no free port between 70000"):
        free_port(70_000)


def test_the_second_one_waits_for_the_first_and_then_says_so(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with exclusive(lock), pytest.raises(CloudError, match="another command"):  # noqa: SIM117
        with exclusive(lock, timeout_seconds=0.05):
            pytest.fail("both hold the lock")
    with exclusive(lock, timeout_seconds=0.05):
        pass


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = f"import fcntl, signal; f = open({str(lock)!r}, 'w'); fcntl.flock(f, 2); {WAITS}"
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"ready\n"
        holder.kill()
        holder.wait()
    with exclusive(lock, timeout_seconds=1.0):
        pass


def test_token_and_ports_stay_the_same_from_start_to_start(tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    token = Identity(path).token()
    Identity(path).remember_port("control-plane", 5001)
    again = Identity(path)
    assert (again.token(), again.port("control-plane", 1)) == (token, 5001)
    assert again.port("other", 7) == 7


@pytest.mark.parametrize("content", ["", "[]", '{"token": 1, "ports": {"a": "x"}}'])
def test_a_damaged_identity_costs_only_the_ports(content: str, tmp_path: Path) -> None:
    path = tmp_path / "identity.json"
    path.write_text(content)
    assert Identity(path).port("a", 9) == 9
    assert Identity(path).token() == Identity(path).token()


@contextlib.contextmanager
def socket_on(port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, port))
        listener.listen()
        yield listener
