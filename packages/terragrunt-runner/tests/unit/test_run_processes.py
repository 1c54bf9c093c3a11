from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from terragrunt_runner.errors import ToolchainError
from terragrunt_runner.run.processes import Command, Interrupted, Processes


def shell(script: str, folder: Path) -> Command:
    return Command(("sh", "-c", script), folder, dict(os.environ))


def test_each_line_of_a_process_is_passed_on(tmp_path: Path) -> None:
    out: list[str] = []
    err: list[str] = []
    done = Processes().run(
        shell("echo one; echo two >&2; printf three; exit 7", tmp_path),
        on_stdout=out.append,
        on_stderr=err.append,
    )
    assert (done.code, out, err) == (7, ["one", "three"], ["two"])


def test_a_question_is_shown_before_it_is_answered(tmp_path: Path) -> None:
    seen: list[str] = []
    script = "printf 'Enter a value: '; while [ ! -e seen ]; do sleep 0.01; done"

    def see(line: str) -> None:
        seen.append(line)
        (tmp_path / "seen").touch()

    Processes().run(shell(script, tmp_path), on_stdout=see)
    assert seen == ["Enter a value: "]


def test_a_missing_program_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="cannot start 'no-such-program'"):
        Processes().run(Command(("no-such-program",), tmp_path, {}))


def stop_when(processes: Processes, ready: Path, times: int) -> threading.Thread:
    def stop() -> None:
        while not ready.exists():
            time.sleep(0.01)
        for _ in range(times):
            processes.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


def test_the_first_signal_interrupts(tmp_path: Path) -> None:
    processes = Processes()
    thread = stop_when(processes, tmp_path / "ready", 1)
    script = "trap 'echo tidied; exit 1' INT; touch ready; while :; do sleep 0.05; done"
    done = processes.run(shell(script, tmp_path))
    thread.join()
    assert (done.code, done.stdout) == (1, "tidied")


def test_the_second_signal_kills(tmp_path: Path) -> None:
    processes = Processes()
    thread = stop_when(processes, tmp_path / "ready", 2)
    done = processes.run(shell("trap '' INT; touch ready; while :; do sleep 0.05; done", tmp_path))
    thread.join()
    assert done.code == -signal.SIGKILL


def test_no_process_starts_while_the_runner_is_stopping(tmp_path: Path) -> None:
    processes = Processes()
    processes.stop()
    with pytest.raises(Interrupted):
        processes.run(shell("true", tmp_path))
