"""Background processes that outlive the command that started them.

A process is ours when its pid, its start time and its command line are those we wrote down: a pid
alone may be anybody's by the time somebody reads it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from local_aws import json_file, log_file
from local_aws.errors import CloudError

_CLOCK_SECONDS = 3.0
"""How far a start time may move: the kernel counts from a boot time that NTP corrects."""

_children: dict[int, tuple[subprocess.Popen[bytes], tuple[str, ...]]] = {}
"""Those that this very process started: they stay zombies until we look at them."""


@dataclass(frozen=True, slots=True)
class Process:
    """``created`` is psutil's start time in seconds, ``since`` the same for people."""

    name: str
    pid: int
    created: float
    command: tuple[str, ...]
    since: str


def spawn(
    name: str, command: Sequence[str], *, log: Path, environ: Mapping[str, str], directory: Path
) -> Process:
    """Start a process in a session of its own, its output in a fresh log. Raises CloudError."""
    try:
        log_file.rotate(log)
        with log.open("ab") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                cwd=directory,
                start_new_session=True,  # a closed terminal or its Ctrl-C does not reach it
            )
        created = psutil.Process(child.pid).create_time()
    except (OSError, psutil.Error) as error:
        raise CloudError(f"{name} cannot be started: {error}") from error
    for pid in [pid for pid, (earlier, _) in _children.items() if earlier.poll() is not None]:
        del _children[pid]  # ended by somebody else
    _children[child.pid] = child, tuple(command)
    return Process(name, child.pid, created, tuple(command), _iso(created))


def write(process: Process, path: Path) -> None:
    json_file.write(path, asdict(process))


def read(path: Path) -> Process | None:
    """The process that was written down; None when the file is missing or damaged."""
    value = json_file.read(path)
    if value is None:
        return None
    try:
        return Process(
            name=str(value["name"]),
            pid=int(value["pid"]),
            created=float(value["created"]),
            command=tuple(str(word) for word in value["command"]),
            since=str(value["since"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def is_running(process: Process) -> bool:
    return _alive(process) is not None


def has_command(pid: int, process: Process) -> bool:
    """Whether what has that pid now runs with this process's command line: itself or its fork."""
    with contextlib.suppress(psutil.Error):
        return tuple(psutil.Process(pid).cmdline()[1:]) == process.command[1:]
    return False


def exit_code(process: Process) -> int | None:
    """How a process that this very command started has ended; None while unknown."""
    return _children[process.pid][0].poll() if process.pid in _children else None


def end(process: Process, grace_seconds: float) -> None:
    """SIGTERM, and SIGKILL after the grace; with no grace it is killed at once.

    Raises CloudError when it does not die even so.
    """
    running = _alive(process)
    if running is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            if grace_seconds > 0:
                running.terminate()
                _wait(running, grace_seconds)
            if running.is_running():
                running.kill()
        if not _wait(running, 5.0):
            raise CloudError(
                f"{process.name} (pid {process.pid}) does not end", hint=f"kill -9 {process.pid}"
            )
    _wait_until_gone(process)
    if exit_code(process) is not None:
        del _children[process.pid]


def with_words(name: str, words: Collection[str]) -> list[Process]:
    """Running processes whose command line holds all these words, written down or not."""
    return [process for process in _running(name) if set(words) <= set(process.command)]


def with_option_under(name: str, option: str, folder: Path) -> list[Process]:
    """Running processes that were given a path in ``folder`` (absolute) with that option."""
    return [
        process
        for process in _running(name)
        for word, value in itertools.pairwise(process.command)
        if word == option and folder in Path(value).parents
    ]


def orphans(name: str, script: Path) -> list[Process]:
    """Running processes of a script that lost their parent, whose pid follows it in the command."""
    found = []
    for process in with_words(name, (str(script),)):
        parent = process.command[process.command.index(str(script)) + 1]
        with contextlib.suppress(psutil.Error):
            if str(psutil.Process(process.pid).ppid()) != parent:
                found.append(process)
    return found


def _running(name: str) -> Iterator[Process]:
    for candidate in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command, created = tuple(candidate.cmdline()), candidate.create_time()
            if command and candidate.pid != os.getpid():
                yield Process(name, candidate.pid, created, command, _iso(created))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _alive(process: Process) -> psutil.Process | None:
    if exit_code(process) is not None:
        return None  # and no zombie either, now that it was asked for
    with contextlib.suppress(psutil.Error):
        candidate = psutil.Process(process.pid)
        if (
            abs(candidate.create_time() - process.created) < _CLOCK_SECONDS
            and candidate.status() != psutil.STATUS_ZOMBIE
            and _command(candidate)[1:] == process.command[1:]
        ):
            return candidate
    return None


def _command(candidate: psutil.Process) -> tuple[str, ...]:
    """The command line, which the kernel does not know yet in the first moment of a child."""
    if candidate.pid in _children:
        return _children[candidate.pid][1]
    return tuple(candidate.cmdline())


def _wait(running: psutil.Process, seconds: float) -> bool:
    """Whether it ended in that time. A zombie counts: somebody else's to reap."""
    deadline = time.monotonic() + seconds
    while _runs(running):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _wait_until_gone(process: Process, seconds: float = 1.0) -> None:
    """Wait for the last thread of a killed process: until then it holds its ports.

    Bounded, because a zombie whose parent never asks for it stays, and holds nothing.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and exit_code(process) is None:
        try:
            created = psutil.Process(process.pid).create_time()
        except psutil.Error:
            return
        if abs(created - process.created) >= _CLOCK_SECONDS:
            return
        time.sleep(0.005)


def _runs(running: psutil.Process) -> bool:
    if running.pid in _children:
        return _children[running.pid][0].poll() is None
    with contextlib.suppress(psutil.Error):
        return bool(running.is_running() and running.status() != psutil.STATUS_ZOMBIE)
    return False


def own_environment(base: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without anything of its AWS: a profile, credentials, an endpoint."""
    environ = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    return environ | {"PYTHONUNBUFFERED": "1"} | dict(extra)
