"""The background processes of one checkout: written down, started, found again, ended."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from local_aws import log_file, processes
from local_aws.errors import CloudError
from local_aws.processes import Process


class Supervision:
    """``folder`` gets one file a process, ``logs`` one log; commands run in ``root``."""

    def __init__(self, folder: Path, logs: Path, root: Path) -> None:
        self._folder = folder
        self._logs = logs
        self._root = root

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> Process:
        """Start a process and write it down. Raises CloudError."""
        environment = processes.own_environment(os.environ, environ)
        process = processes.spawn(
            name, command, log=self.log(name), environ=environment, directory=self._root
        )
        processes.write(process, self._file(name))
        return process

    def find(self, name: str) -> Process | None:
        """What was written down under that name and not ended, running or not."""
        return processes.read(self._file(name))

    def all(self) -> tuple[Process, ...]:
        """Everything that was written down and not ended, by name."""
        found = (processes.read(path) for path in sorted(self._folder.glob("*.json")))
        return tuple(process for process in found if process is not None)

    def end(self, process: Process, grace_seconds: float) -> None:
        """End a process, if it is still the one that was written down, and forget it."""
        processes.end(process, grace_seconds)
        self._file(process.name).unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def failure(self, process: Process, what: str) -> CloudError:
        """The error for a process that did not do what it should, with the end of its log."""
        log = self.log(process.name)
        lines = log_file.tail(log).strip()
        said = f"; it said last:\n{lines}" if lines else ""
        return CloudError(f"the {process.name} {what}{said}", hint=f"its whole log: {log}")

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"
