"""Detects a task that was killed while it changed the local AWS.

A task that applies or destroys holds a lock and writes an entry. It removes the entry when it ends,
unless it is killed. An entry without a lock therefore means an interrupted change: resources may
exist that are in no Terraform state, and the local AWS is restored from its last snapshot.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from terrarium import atomic
from terrarium.errors import BusyError

_LEFT_OVER = ("terraform", "terragrunt")
_SECONDS_TO_END = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in progress: the command, its process, and its start (ISO 8601, UTC)."""

    command: str
    pid: int
    since: str


class Journal:
    """The record of the current change; there is at most one in a checkout."""

    def __init__(self, state_dir: Path) -> None:
        self._lock = state_dir / "change.lock"
        self._entry = state_dir / "change.json"

    @contextmanager
    def changing(self, command: str) -> Iterator[None]:
        """Hold the lock and the entry while the block runs. Raises BusyError if they are taken."""
        with self._exclusively():
            now = datetime.now(UTC).isoformat(timespec="seconds")
            entry = asdict(Entry(command, os.getpid(), now))
            atomic.write(self._entry, json.dumps(entry).encode())
            try:
                yield
            finally:
                self._entry.unlink(missing_ok=True)

    @contextmanager
    def recovering(self) -> Iterator[Entry | None]:
        """Yield the entry of a killed task, or None; remove it if the block succeeds.

        Raises BusyError while a task runs.
        """
        with self._exclusively():
            entry = self._read()
            yield entry
            self._entry.unlink(missing_ok=True)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as handle:
            try:
                # The kernel releases it when the process ends, however that happens.
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                other = self._read()
                who = f"{other.command} (process {other.pid}, since {other.since})" if other else ""
                raise BusyError(
                    f"another task of this checkout is running: {who or 'it has just started'}",
                    hint="wait for it, or stop it with Ctrl-C, and run this again",
                ) from None
            yield

    def _read(self) -> Entry | None:
        try:
            return Entry(**json.loads(self._entry.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            return Entry("an unknown task", 0, "an unknown time")


def end_left_over_processes(live: Path) -> list[int]:
    """Stop the Terraform and Terragrunt processes that a killed task left below ``live``.

    Call it only if the task that started them is dead. Returns their ids.
    """
    ours = [process for process in psutil.process_iter() if _works_below(process, live)]
    for process in ours:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs(ours, timeout=_SECONDS_TO_END)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=_SECONDS_TO_END)
    return [process.pid for process in ours]


def _works_below(process: psutil.Process, live: Path) -> bool:
    try:
        command = " ".join(process.cmdline())
        return Path(process.cwd()).is_relative_to(live) and any(n in command for n in _LEFT_OVER)
    except (psutil.Error, OSError):
        return False


def _quietly(action: Callable[[], None]) -> None:
    try:
        action()
    except psutil.NoSuchProcess:
        return
