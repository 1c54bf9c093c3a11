from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from local_aws import processes
from local_aws.errors import CloudError
from local_aws.processes import Process
from local_aws_tests.balanced import eventually

Start = Callable[[str], Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start Python code in the background, and return when it has printed a line."""
    started: list[tuple[subprocess.Popen[bytes], Process]] = []

    def begin(code: str) -> Process:
        log = tmp_path / "test.log"
        command = [sys.executable, "-c", textwrap.dedent(code)]
        environ = processes.aws_free_environment({})
        child, process = processes.start("test", command, log=log, environ=environ)
        started.append((child, process))
        eventually(lambda: child.poll() is not None or log.read_bytes().endswith(b"\n"))
        return process

    yield begin
    for child, process in started:
        processes.end(process, grace_seconds=0.0)
        child.wait()


WAITS = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAITS


def test_a_process_is_found_again_by_its_record(start: Start) -> None:
    process = start(WAITS)
    found = Process.from_json(json.loads(json.dumps(asdict(process))))
    assert found == process
    assert processes.is_running(found)


def test_another_process_with_the_pid_is_never_ended(start: Start) -> None:
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
    eventually(lambda: not processes.is_running(process))


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(start: Start) -> None:
    process = start(STUBBORN)
    processes.end(process, grace_seconds=0.1)
    assert not processes.is_running(process)


def test_a_process_may_use_the_grace_period(start: Start, tmp_path: Path) -> None:
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


def test_a_process_leads_its_own_session(start: Start) -> None:
    process = start(WAITS)
    assert os.getsid(process.pid) == process.pid


def test_a_process_ends_with_the_process_that_holds_its_standard_input(tmp_path: Path) -> None:
    code = "from local_aws import processes; processes.end_when_stdin_closes();" + WAITS
    command = [sys.executable, "-W", "ignore", "-c", code]
    child, process = processes.start(
        "test", command, log=tmp_path / "l", environ=os.environ, stdin=subprocess.PIPE
    )
    eventually(lambda: (tmp_path / "l").read_bytes() == b"ready\n")
    assert processes.is_running(process)
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(10) == 1


def test_a_program_that_does_not_exist_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="thing cannot be started"):
        processes.start("thing", [str(tmp_path / "none")], log=tmp_path / "l", environ={})


def test_a_background_process_gets_nothing_of_the_callers_aws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://x")
    environ = processes.aws_free_environment({"AWS_ACCESS_KEY_ID": "local"})
    found = {name: value for name, value in environ.items() if name.startswith("AWS_")}
    assert found == {"AWS_ACCESS_KEY_ID": "local"}
    assert environ["PATH"] == os.environ["PATH"]
