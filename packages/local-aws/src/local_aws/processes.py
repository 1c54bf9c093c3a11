"""Background processes, identified by pid, start time and command line.

A pid alone is not enough: the kernel may give it to another program later.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from local_aws import files
from local_aws.errors import CloudError

_CLOCK_SECONDS = 3.0
"""Tolerance for start times: the kernel computes them from a boot time that NTP corrects."""

_started: list[subprocess.Popen[bytes]] = []
"""Children of this process, until they are reaped."""


@dataclass(frozen=True, slots=True)
class Process:
    """``created`` is psutil's start time in seconds since the epoch."""

    name: str
    pid: int
    created: float
    command: tuple[str, ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Process:
        """Raises KeyError, TypeError or ValueError."""
        command = tuple(str(word) for word in value["command"])
        return cls(str(value["name"]), int(value["pid"]), float(value["created"]), command)

    @property
    def since(self) -> str:
        """Start time in ISO 8601, UTC."""
        return datetime.fromtimestamp(self.created, UTC).isoformat(timespec="seconds")


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environ: Mapping[str, str],
    stdin: int = subprocess.DEVNULL,
) -> tuple[subprocess.Popen[bytes], Process]:
    """Start a process in its own session, with a new log. Raises CloudError.

    In its own session, Ctrl-C and the end of the terminal do not reach it.
    """
    try:
        files.rotate_log(log)
        with log.open("ab") as output:
            child = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                cwd=log.parent,  # never the caller's folder: Python would import from it
                start_new_session=True,
            )
        created = psutil.Process(child.pid).create_time()
    except (OSError, psutil.Error) as error:
        raise CloudError(f"{name} cannot be started: {error}") from error
    _started.append(child)
    _reap()
    return child, Process(name, child.pid, created, tuple(command))


def current(name: str) -> Process:
    """Describe the running process itself."""
    this = psutil.Process()
    return Process(name, this.pid, this.create_time(), tuple(this.cmdline()))


def is_running(process: Process) -> bool:
    """Return True if this very process still runs; a zombie does not."""
    return _find(process) is not None


def end(process: Process, grace_seconds: float) -> None:
    """Send SIGTERM, and SIGKILL after the grace period; without one, SIGKILL at once.

    Raises CloudError if the process survives even that.
    """
    running = _find(process)
    if running is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        if grace_seconds > 0:
            running.terminate()
            _wait(process, grace_seconds)
        running.kill()
    if not _wait(process, 5.0):
        raise CloudError(
            f"{process.name} (pid {process.pid}) does not end", hint=f"kill -9 {process.pid}"
        )


def _reap() -> None:
    """Read the exit codes of children that have ended, so that no zombie is left."""
    _started[:] = [each for each in _started if each.poll() is None]


def aws_free_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without the caller's AWS profile, keys and endpoints."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return environ | {"PYTHONUNBUFFERED": "1"} | dict(extra)


def _find(process: Process) -> psutil.Process | None:
    candidate = _with_pid(process)
    with contextlib.suppress(psutil.Error):
        # The first word may differ: the kernel shows the resolved interpreter.
        if candidate and tuple(candidate.cmdline()[1:]) == process.command[1:]:
            return candidate
    return None


def _with_pid(process: Process) -> psutil.Process | None:
    """Find it without its command line, which a process loses while it dies."""
    with contextlib.suppress(psutil.Error):
        candidate = psutil.Process(process.pid)
        is_same = abs(candidate.create_time() - process.created) < _CLOCK_SECONDS
        if is_same and candidate.status() != psutil.STATUS_ZOMBIE:
            return candidate
    return None


def _wait(process: Process, seconds: float) -> bool:
    """Return True if the process ended within that time, and so gave up its ports."""
    deadline = time.monotonic() + seconds
    while _with_pid(process) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    _reap()
    return True


def end_when_stdin_closes() -> None:
    """End this process at once when the process that holds its standard input is gone."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os._exit(1)

    threading.Thread(target=wait, name="stdin", daemon=True).start()
