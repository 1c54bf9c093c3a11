"""The supervisor: starts the processes of one local AWS, and starts them again when they die.

It runs one control plane, and one load balancer process for each account that has a load balancer
or a function. Each child ends when its standard input closes, so no child outlives the supervisor.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from local_aws import control_plane_client, files, listeners_file, processes
from local_aws.control_plane_client import TOKEN_VARIABLE
from local_aws.errors import CloudError
from local_aws.ports import DEFAULT_PORT, LOOPBACK, PORT_TAKEN, free_port
from local_aws.processes import Process
from local_aws.state_folder import (
    CONTROL_PLANE,
    SUPERVISOR,
    Record,
    Records,
    StateFolder,
    load_balancer_name,
)
from local_aws.supervised_process import SupervisedProcess, stop

_POLL_SECONDS = 0.2
_START_POLL_SECONDS = 0.05
_STOP_SECONDS = 15.0
_SAVE_SECONDS = 60.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ENVIRONMENT = {
    # Any keys: the role that the load balancer assumes decides about the account.
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_EC2_METADATA_DISABLED": "true",
    # glibc gives each of many threads its own arena: 25 MB more after an apply of live/dev.
    "MALLOC_ARENA_MAX": "2",
}
_log = logging.getLogger("local_aws.supervisor")


@dataclass(slots=True)
class Supervisor:
    folder: StateFolder
    port: int = DEFAULT_PORT
    _token: str = field(default_factory=lambda: secrets.token_hex(16))
    _stopping: threading.Event = field(default_factory=threading.Event)
    _children: dict[str, SupervisedProcess] = field(default_factory=dict)
    _this: Process = field(default_factory=lambda: processes.current(SUPERVISOR))
    _written: Records = field(default_factory=Records)

    def run(self) -> int:
        """Serve until SIGTERM, SIGINT or SIGHUP; return the exit code.

        Raises CloudError if another supervisor has the folder, or when the folder disappears.
        """
        self.folder.create()
        with _only_supervisor(self.folder), self._handling_signals():
            self._end_leftovers()
            lock = self.folder.supervisor_lock.stat().st_ino
            self._start_control_plane()
            while not self._stopping.wait(self._poll_seconds):
                if not _is_same_file(self.folder.supervisor_lock, lock):
                    # The children end too: their standard input closes.
                    raise CloudError(f"{self.folder.path} was deleted; nothing was saved")
                self._look_after_children()
                if self._children[CONTROL_PLANE].failed:
                    self._stop_all()
                    return 1
            return self._stop_all()

    def _look_after_children(self) -> None:
        for child in list(self._children.values()):
            self._look_after(child)
        if self._children[CONTROL_PLANE].ready:
            accounts = control_plane_client.accounts(self.port, timeout_seconds=2.0)
            if accounts is not None:
                self._match_load_balancers(accounts)
        self._write_records()

    def _look_after(self, child: SupervisedProcess) -> None:
        """Start a child again if it died."""
        was_ready, code = child.ready, child.check()
        if code is None or child.failed:
            return
        if child.name == CONTROL_PLANE:
            if was_ready and code != 0:
                self.folder.recovered.touch()
            if code == PORT_TAKEN:
                self.port = free_port(self.port + 1)
                child.command = self._control_plane_command()
        self._start(child)

    def _match_load_balancers(self, accounts: dict[str, list[str]]) -> None:
        """Run one load balancer process for each of these accounts, as its preference says."""
        wanted = {load_balancer_name(account): account for account in accounts}
        for name in [name for name in self._children if name not in {CONTROL_PLANE, *wanted}]:
            _log.info("%s ends: its account has no load balancer and no function", name)
            stop([self._children.pop(name)], _STOP_SECONDS)
        for name, account in wanted.items():
            command = self._load_balancer_command(account)
            running = self._children.get(name)
            if running is not None and running.command == command:
                continue
            if running is not None:
                stop([running], _STOP_SECONDS)
            self._add(name, command, partial(_serves, self.folder.listeners(account)))

    def _start_control_plane(self) -> None:
        self.port = free_port(self.port)
        self._add(CONTROL_PLANE, self._control_plane_command(), self._answers)

    def _add(self, name: str, command: list[str], is_ready: Callable[[int], bool]) -> None:
        environ = processes.aws_free_environment(_ENVIRONMENT | {TOKEN_VARIABLE: self._token})
        child = SupervisedProcess(name, command, self.folder.log(name), environ, is_ready)
        self._children[name] = child
        self._start(child)

    def _start(self, child: SupervisedProcess) -> None:
        child.start()
        self._write_records()

    def _control_plane_command(self) -> list[str]:
        words = ["--port", str(self.port), "--snapshots", str(self.folder.snapshots)]
        return [*_python("local_aws.control_plane"), *words, "--end-with-stdin"]

    def _load_balancer_command(self, account: str) -> list[str]:
        preference = self.folder.preference(account)
        words = ["--endpoint-url", self._url, "--account", account]
        words += ["--http-port", str(self.folder.http_port(account))]
        words += ["--listeners-file", str(self.folder.listeners(account))]
        words += ["--no-protection" if preference.unprotected else "--protection"]
        return [*_python("local_aws.load_balancer"), *words, "--end-with-stdin"]

    @property
    def _poll_seconds(self) -> float:
        is_starting = any(not (each.ready or each.failed) for each in self._children.values())
        return _START_POLL_SECONDS if is_starting else _POLL_SECONDS

    @property
    def _url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def _answers(self, pid: int) -> bool:
        health = control_plane_client.health(self.port)
        return health is not None and health.pid == pid

    def _stop_all(self) -> int:
        """End the load balancers, then the control plane, which saves. Return the exit code."""
        control_plane = self._children.pop(CONTROL_PLANE)
        stop(list(self._children.values()), _STOP_SECONDS)
        is_saved = stop([control_plane], _SAVE_SECONDS) == 0 or not control_plane.ready
        self.folder.write_records(Records(url=self._url))
        if not is_saved:
            _log.error("stopped; the state was not saved -> see %s", control_plane.log)
            return 1
        _log.info("stopped")
        return 0

    def _end_leftovers(self) -> None:
        """End what a killed supervisor has left, usually nothing."""
        records = self.folder.read_records()
        for record in records.records:
            if record.process.pid != os.getpid():
                processes.end(record.process, grace_seconds=0.0)
        if records.records:
            _log.warning("the local AWS had ended without being stopped: back to the last snapshot")
            self.folder.recovered.touch()

    def _write_records(self) -> None:
        this = Record(self._this, ready=self._children[CONTROL_PLANE].ready)
        children = [each.record for each in self._children.values()]
        records = Records(self._url, self._token, (this, *(each for each in children if each)))
        if records != self._written:
            self._written = records
            try:
                self.folder.write_records(records)
            except CloudError as error:
                _log.error("%s", error.message)

    @contextmanager
    def _handling_signals(self) -> Iterator[None]:
        """Stop on these signals, except on those that are ignored, as SIGHUP is under nohup."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopping.set()

        before = {
            number: signal.signal(number, stop)
            for number in _SIGNALS
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _only_supervisor(folder: StateFolder) -> Iterator[None]:
    try:
        with files.locked(folder.supervisor_lock, timeout_seconds=2.0):
            yield
    except CloudError as error:
        if str(folder.supervisor_lock) not in error.message:
            raise
        raise CloudError(
            f"a supervisor already runs for {folder.path}", hint="stop it with: local-aws down"
        ) from None


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _serves(listeners: Path, pid: int) -> bool:
    found = listeners_file.read(listeners)
    return found is not None and found[0] == pid


def _is_same_file(path: Path, inode: int) -> bool:
    try:
        return path.stat().st_ino == inode
    except OSError:
        return False
