"""A process that the supervisor keeps running."""

from __future__ import annotations

import logging
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws import processes
from local_aws.processes import Process
from local_aws.state_folder import Record

MAX_DEATHS = 5
"""Deaths in a row, before it serves, after which a process is not started again."""

_log = logging.getLogger("local_aws.supervisor")


@dataclass(slots=True)
class SupervisedProcess:
    """``is_ready`` returns True if the process with this pid serves."""

    name: str
    command: list[str]
    log: Path
    environ: Mapping[str, str]
    is_ready: Callable[[int], bool]
    ready: bool = False
    deaths: int = 0
    restarts: int = 0
    failed: bool = False
    _process: Process | None = None
    _popen: subprocess.Popen[bytes] | None = None

    @property
    def record(self) -> Record | None:
        """Its entry in processes.json; None before it was started."""
        if self._process is None:
            return None
        return Record(self._process, self.ready, self.failed, self.restarts)

    def start(self) -> None:
        """Start it; it ends when this process does. Raises CloudError."""
        self.ready = False
        self._popen, self._process = processes.start(
            self.name, self.command, log=self.log, environ=self.environ, stdin=subprocess.PIPE
        )

    def check(self) -> int | None:
        """Note whether it serves. Return its exit code if it has ended since the last check.

        After too many deaths it counts as failed; else the caller may start it again.
        """
        if self._popen is None:
            return None
        code = self._popen.poll()
        if code is None:
            if not self.ready and self.is_ready(self._popen.pid):
                self.ready, self.deaths = True, 0
                _log.info("%s serves (pid %d)", self.name, self._popen.pid)
            return None
        self._popen = None
        self.restarts += 1
        self.deaths += not self.ready
        self.failed = self.deaths >= MAX_DEATHS
        if self.failed:
            problem = f"{self.name} ended {MAX_DEATHS} times before it served"
            _log.error("%s: %s -> see %s", problem, _how_it_ended(code), self.log)
        else:
            _log.warning("%s ended: %s; starting it again", self.name, _how_it_ended(code))
        return code


def stop(children: Sequence[SupervisedProcess], seconds: float) -> int:
    """Send SIGTERM to all, and SIGKILL after that time. Return the exit code of the last."""
    code = 0
    running = [each._popen for each in children if each._popen is not None]
    for popen in running:
        popen.terminate()
    for popen in running:
        try:
            code = popen.wait(seconds)
        except subprocess.TimeoutExpired:
            popen.kill()
            code = popen.wait()
    return code


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return (signal.strsignal(-code) or f"signal {-code}").lower()
