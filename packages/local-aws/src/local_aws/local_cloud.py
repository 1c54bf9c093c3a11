"""The Python API: start, stop, save and look at one local AWS."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from local_aws import control_plane_client, files, listeners_file, processes
from local_aws.errors import CloudError
from local_aws.listeners_file import Listener
from local_aws.ports import is_free
from local_aws.state_folder import (
    CONTROL_PLANE,
    SUPERVISOR,
    Preference,
    Record,
    Records,
    StateFolder,
    load_balancer_name,
)

_START_SECONDS = 40.0
_HANG_SECONDS = 10.0
_STOP_SECONDS = 90.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A control plane that answers.

    ``started`` is False if it ran already; ``restored`` is True if its state comes from a
    snapshot. ``recovered`` is True once after a crash: changes since the last snapshot are lost.
    """

    url: str
    port: int
    pid: int
    restored: bool
    started: bool
    recovered: bool


class State(StrEnum):
    RUNNING = "running"
    STARTING = "starting"
    NOT_ANSWERING = "not answering"
    DEAD = "dead"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """``urls`` are served now; ``since`` is the start time in ISO 8601, UTC."""

    name: str
    pid: int
    state: State
    urls: tuple[str, ...]
    since: str
    restarts: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Names of the processes that ran, and of the services whose state could not be saved."""

    processes: tuple[str, ...]
    not_saved: tuple[str, ...] = ()


class LocalCloud:
    """One local AWS, in one folder. Several commands may use it at the same time.

    Every method raises CloudError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = StateFolder(folder)

    def start(self, *, port: int | None = None) -> Endpoint:
        """Start the supervisor unless it runs, and wait until the control plane answers.

        ``port`` is for the control plane: without one, that of the last time or the next free one.
        """
        self._folder.create()
        with files.locked(self._folder.command_lock):
            started = not self._is_supervised()
            if started:
                self._start_supervisor(port)
            elif port not in {None, self._records().port}:
                raise CloudError(
                    f"the local AWS already runs at {self._records().url}",
                    hint="stop it first: local-aws down",
                )
            health = self._wait_for_control_plane()
            recovered = self._folder.recovered.exists()
            self._folder.recovered.unlink(missing_ok=True)
            records = self._records()
            restored = health.restored_from is not None
            return Endpoint(
                records.url, records.port or 0, health.pid, restored, started, recovered
            )

    def wait_for_load_balancers(self, seconds: float = 40.0) -> None:
        """Wait until every load balancer process serves. Raises CloudError if one does not."""
        port, deadline = self._running().port or 0, time.monotonic() + seconds
        while True:
            accounts = control_plane_client.accounts(port) or {}
            records = [self._records().find(load_balancer_name(each)) for each in accounts]
            for record in records:
                if record is not None and record.failed:
                    raise self._failure(record.process.name, "does not serve")
            if all(record is not None and record.ready for record in records):
                return
            if time.monotonic() > deadline:
                raise CloudError(
                    f"the load balancers do not serve within {seconds:.0f} s",
                    hint=f"see the logs in {self._folder.log(SUPERVISOR).parent}",
                )
            time.sleep(_POLL_SECONDS)

    def prefer(self, account: str, *, http_port: int | None, unprotected: bool = False) -> None:
        """Choose how an account's load balancers are served, now and from now on.

        ``http_port`` is for port 80 of the account's first load balancer, if it is free;
        ``unprotected`` ignores firewalls, security groups, subnets and routes.
        """
        with files.locked(self._folder.command_lock):
            preference = Preference(http_port, unprotected)
            if self._folder.preference(account) == preference:
                return
            self._folder.create()
            self._folder.write_preference(account, preference)
            name = load_balancer_name(account)
            running = self._records().find(name)
            if running is None or not self._is_supervised():
                return
            deadline = time.monotonic() + _START_SECONDS
            while True:
                record = self._records().find(name)
                if record is None or record.failed:
                    return
                if record.ready and record.process.pid != running.process.pid:
                    return
                if time.monotonic() > deadline:
                    raise self._failure(name, "is not started again")
                time.sleep(_POLL_SECONDS)

    def save(self) -> tuple[str, ...]:
        """Write a snapshot. Returns the services that could not be part of it."""
        records = self._running()
        return control_plane_client.save(records.port or 0, records.token)

    def stop(self, *, save: bool = True) -> Stopped:
        """End every process.

        If saving fails, nothing ends, so nothing is lost. Without ``save``, the next start is
        back at the last snapshot.
        """
        with files.locked(self._folder.command_lock):
            records = self._records()
            running = [each for each in records.records if processes.is_running(each.process)]
            supervised = self._is_supervised()
            not_saved: tuple[str, ...] = ()
            if save and supervised:
                not_saved = control_plane_client.save(records.port or 0, records.token)
            # The supervisor is the first: it would start the others again.
            for record in running:
                grace = _STOP_SECONDS if save and supervised else 0.0
                processes.end(record.process, grace_seconds=grace)
            for record in self._records().records:
                processes.end(record.process, grace_seconds=0.0)
            if save and records.records and not supervised:
                self._folder.recovered.touch()  # it had crashed before
            self._folder.write_records(Records(url=records.url))
            return Stopped(tuple(each.process.name for each in running), not_saved)

    def url(self) -> str:
        """Return the control plane's URL; it must run."""
        return self._running().url

    def listeners(self, account: str) -> tuple[Listener, ...]:
        """Return the listeners that an account's load balancer process serves now."""
        record = self._records().find(load_balancer_name(account))
        found = listeners_file.read(self._folder.listeners(account))
        if record is None or found is None or found[0] != record.process.pid:
            return ()
        return found[1] if processes.is_running(record.process) else ()

    def certificate(self, account: str) -> Path:
        """Return the certificate to trust for the account's HTTPS listeners."""
        return listeners_file.certificate(self._folder.listeners(account))

    def status(self) -> tuple[ProcessStatus, ...]:
        """Describe every process that was started and not stopped."""
        records = self._records()
        return tuple(self._status(each, records) for each in records.records)

    def log(self, name: str) -> Path:
        """Return the log of a process. Raises CloudError for an unknown name."""
        path = self._folder.log(name)
        if name not in self._folder.logs():
            known = ", ".join(self._folder.logs()) or "none"
            raise CloudError(f"no log named {name!r} in {path.parent}", hint=f"logs: {known}")
        return path

    def logs(self) -> tuple[str, ...]:
        """Return the names of all logs."""
        return tuple(self._folder.logs())

    def _status(self, record: Record, records: Records) -> ProcessStatus:
        process = record.process
        urls: tuple[str, ...] = ()
        if record.failed:
            state = State.FAILED
        elif not processes.is_running(process):
            state = State.DEAD
        elif not record.ready:
            state = State.STARTING
        else:
            state = State.RUNNING
            if process.name == CONTROL_PLANE:
                urls = (records.url,)
                if control_plane_client.health(records.port or 0) is None:
                    state = State.NOT_ANSWERING
            elif process.name != SUPERVISOR:
                account = process.name.removeprefix(load_balancer_name(""))
                urls = tuple(each.url for each in self.listeners(account))
        return ProcessStatus(process.name, process.pid, state, urls, process.since, record.restarts)

    def _start_supervisor(self, port: int | None) -> None:
        if port is not None and not is_free(port):
            raise CloudError(f"port {port} is taken", hint="choose another with --port")
        command = [sys.executable, "-m", "local_aws", "--state", str(self._folder.path), "serve"]
        last = port or self._records().port
        if last is not None:
            command += ["--port", str(last)]
        log = self._folder.log(SUPERVISOR)
        environ = processes.aws_free_environment({})
        child, _ = processes.start(SUPERVISOR, command, log=log, environ=environ)
        deadline = time.monotonic() + _START_SECONDS
        while self._supervisor_pid() != child.pid:
            if child.poll() is not None:
                raise self._failure(SUPERVISOR, "does not start")
            if time.monotonic() > deadline:
                child.kill()
                raise self._failure(SUPERVISOR, f"does not start within {_START_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _wait_for_control_plane(self) -> control_plane_client.Health:
        """Wait until it answers; kill one that hangs, which the supervisor then starts again."""
        deadline = time.monotonic() + _START_SECONDS
        hangs_at = time.monotonic() + _HANG_SECONDS
        while True:
            records = self._records()
            record = records.find(CONTROL_PLANE)
            health = control_plane_client.health(records.port or 0)
            if health and record and record.ready and health.pid == record.process.pid:
                return health
            if record is None or not self._is_supervised() or time.monotonic() > deadline:
                raise self._failure(CONTROL_PLANE, "does not start")
            if record.ready and time.monotonic() > hangs_at:
                processes.end(record.process, grace_seconds=0.0)
                hangs_at = deadline
            time.sleep(_POLL_SECONDS)

    def _records(self) -> Records:
        return self._folder.read_records()

    def _running(self) -> Records:
        """Raises CloudError unless the control plane runs."""
        records = self._records()
        record = records.find(CONTROL_PLANE)
        if record is None or not processes.is_running(record.process):
            raise CloudError("the local AWS does not run", hint="start it: local-aws up")
        return records

    def _is_supervised(self) -> bool:
        record = self._records().find(SUPERVISOR)
        return record is not None and processes.is_running(record.process)

    def _supervisor_pid(self) -> int | None:
        record = self._records().find(SUPERVISOR)
        return None if record is None else record.process.pid

    def _failure(self, name: str, problem: str) -> CloudError:
        log = self._folder.log(name)
        last = next((line for line in reversed(files.tail(log, 8)) if line.strip()), "")
        detail = f": {last.strip()}" if last else ""
        return CloudError(f"the {name} {problem}{detail}", hint=f"its log is {log}")
