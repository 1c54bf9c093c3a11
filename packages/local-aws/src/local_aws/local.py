"""The cloud of a checkout: start it, see it, save it, stop it, whatever happened before.

Everything is in one folder, so two clones never meet::

    <state>/cloud/lock                        held while something starts or stops
    <state>/cloud/identity.json               our token, and the ports to prefer
    <state>/cloud/processes/<name>.json       pid, start time and command line of what runs
    <state>/cloud/snapshots/                  what ``save`` wrote
    <state>/cloud/load-balancer-<env>/        what the load balancer says of itself, its cache
    <state>/logs/<name>.log                   output, fresh at each start
"""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

from local_aws import client, listeners, processes
from local_aws.errors import CloudError
from local_aws.exclusive import exclusive
from local_aws.identity import Identity
from local_aws.lambda_runtime import bootstrap
from local_aws.listeners import Listener, Listening
from local_aws.load_balancer.own import TOKEN_VARIABLE
from local_aws.outcomes import Endpoint, LoadBalancerProcess, ProcessStatus, State
from local_aws.ports import LOOPBACK, PORT_TAKEN, accepts, free_port
from local_aws.processes import Process
from local_aws.supervision import Supervision

CONTROL_PLANE = "control-plane"
DEFAULT_PORT = 4747

_START_SECONDS = 30.0
_STUCK_SECONDS = 10.0
_STOP_SECONDS = 10.0
_ATTEMPTS = 5


class LocalCloud:
    """Safe to use from several commands at once: one starts or stops, the others wait.

    Every method raises CloudError, with the end of the log where a process failed.
    """

    def __init__(self, state_dir: Path) -> None:
        state_dir = state_dir.resolve()
        self._folder = state_dir / "cloud"
        self._identity = Identity(self._folder / "identity.json")
        self._supervision = Supervision(self._folder / "processes", state_dir / "logs", state_dir)

    def start(self) -> Endpoint:
        """The running control plane of this checkout, started if need be."""
        with self._exclusive():
            previous = self._supervision.find(CONTROL_PLANE)
            if previous is not None:
                health = self._wait_for_health(previous, _STUCK_SECONDS)
                if health is not None:
                    return _endpoint(previous, health, started=False, recovered=False)
            # Whatever is left belongs to a cloud that is gone: half-started, hung or killed.
            self._end_what_has("--snapshots", grace_seconds=0.0)
            process, health = self._start_control_plane()
            if previous is None or _url(process) != _url(previous):
                self._end_what_has("--state-file", grace_seconds=0.0)
            return _endpoint(process, health, started=True, recovered=previous is not None)

    def start_load_balancer(
        self,
        env_name: str,
        account: str,
        region: str,
        preferred_port: int,
        *,
        unprotected: bool = False,
    ) -> LoadBalancerProcess:
        """The data plane of an environment, once it serves. The control plane must run.

        ``unprotected`` leaves out firewalls, security groups, subnets and routes.
        """
        with self._exclusive():
            name = _load_balancer_name(env_name)
            control_plane = self._running_control_plane()
            place = ["--endpoint-url", _url(control_plane), "--region", region]
            state_file = ["--state-file", str(self._state_file(name))]
            command = [sys.executable, "-m", "local_aws.load_balancer"]
            command += [*place, "--account", account, *state_file]
            command += ["--no-protection" if unprotected else "--protection"]
            previous = self._supervision.find(name)
            if previous is not None:
                if list(previous.command[: len(command)]) == command:
                    listening = self._wait_for_listeners(previous, _STUCK_SECONDS)
                    if listening is not None:
                        return _load_balancer(env_name, listening, started=False)
                self._end(previous, grace_seconds=0.0)
            port = free_port(self._identity.port(name, preferred_port))
            command += ["--http-port", str(port)]
            process = self._supervision.start(name, command, self._load_balancer_environment())
            listening = self._wait_for_listeners(process, _START_SECONDS)
            if listening is None:
                failure = self._supervision.failure(process, "does not serve")
                self._end(process, grace_seconds=0.0)
                raise failure
            self._identity.remember_port(name, port)
            return _load_balancer(env_name, listening, started=True)

    def listeners(self, env_name: str) -> tuple[Listener, ...]:
        """What the environment's load balancer serves now; empty when it does not run."""
        process = self._supervision.find(_load_balancer_name(env_name))
        listening = None if process is None else self._listening(process)
        return () if listening is None else listening.listeners

    def certificate(self, env_name: str) -> Path:
        """What to trust where the environment's load balancer serves HTTPS."""
        return listeners.certificate(self._state_file(_load_balancer_name(env_name)))

    def save(self) -> tuple[str, ...]:
        """Write a snapshot now. Returns the services that could not be part of it."""
        with self._exclusive():
            return self._save(self._running_control_plane())

    def url(self) -> str:
        """Of the control plane, which must run."""
        return _url(self._running_control_plane())

    def stop(self, save: bool = True) -> tuple[str, ...]:
        """Save, then end everything; returns the names of what ran.

        When saving fails nothing is ended, and so nothing is lost.
        """
        with self._exclusive():
            running = [p for p in self._supervision.all() if self._runs(p)]
            for process in running:
                if save and process.name == CONTROL_PLANE:
                    self._save(process)
            self._end_everything(_STOP_SECONDS if save else 0.0)
            return tuple(process.name for process in running)

    def discard_changes(self) -> tuple[str, ...]:
        """End everything without saving: the next start is back at the last snapshot."""
        return self.stop(save=False)

    def status(self) -> tuple[ProcessStatus, ...]:
        """Everything that was started and not stopped, by name."""
        return tuple(self._status_of(process) for process in self._supervision.all())

    def _status_of(self, process: Process) -> ProcessStatus:
        urls: tuple[str, ...] = ()
        pid = process.pid
        if not self._runs(process):
            state = State.GONE
        elif process.name == CONTROL_PLANE:
            answers = self._wait_for_health(process, seconds=0.0) is not None
            state = State.RUNNING if answers else State.NOT_ANSWERING
            urls = (_url(process),)
        elif (listening := self._listening(process)) is None:
            state = State.NOT_ANSWERING
        else:
            state = State.RUNNING
            urls = tuple(item.url for item in listening.listeners)
            pid = pid if processes.is_running(process) else listening.pid
        return ProcessStatus(process.name, pid, state, urls, process.since)

    def _start_control_plane(self) -> tuple[Process, client.Health]:
        port = self._identity.port(CONTROL_PLANE, DEFAULT_PORT)
        for _ in range(_ATTEMPTS):
            port = free_port(port)
            command = [sys.executable, "-m", "local_aws.control_plane"]
            command += ["--snapshots", str(self._folder / "snapshots")]
            command += ["--port", str(port), "--token", self._identity.token()]
            process = self._supervision.start(CONTROL_PLANE, command, {})
            health = self._wait_for_health(process, _START_SECONDS)
            if health is not None:
                self._identity.remember_port(CONTROL_PLANE, port)
                return process, health
            if processes.exit_code(process) != PORT_TAKEN:
                failure = self._supervision.failure(process, "does not start")
                self._end(process, grace_seconds=0.0)
                raise failure
            self._end(process, grace_seconds=0.0)  # somebody was faster: another port
        raise CloudError(f"ports from {port} on are taken as soon as they are found free")

    def _running_control_plane(self) -> Process:
        process = self._supervision.find(CONTROL_PLANE)
        if process is None or not processes.is_running(process):
            raise CloudError("the AWS inside the machine does not run", hint="./inv up starts it")
        return process

    def _save(self, control_plane: Process) -> tuple[str, ...]:
        return client.save(_port(control_plane), self._identity.token())

    def _wait_for_health(self, process: Process, seconds: float) -> client.Health | None:
        """None when it ended, or does not answer in that time."""
        deadline = time.monotonic() + seconds
        while processes.is_running(process):
            health = client.health(_port(process))
            if health is not None and health.pid == process.pid:
                return health
            if time.monotonic() >= deadline:
                break
            time.sleep(0.01)
        return None

    def _wait_for_listeners(self, process: Process, seconds: float) -> Listening | None:
        """None when it ended, or does not serve in that time."""
        deadline = time.monotonic() + seconds
        while processes.is_running(process) and time.monotonic() < deadline:
            listening = self._listening(process)
            if listening is not None and all(
                accepts(listener.local_port)
                for listener in listening.listeners
                if listener.protocol == "HTTP"
            ):
                return listening
            time.sleep(0.01)
        return None

    def _listening(self, process: Process) -> Listening | None:
        """What a load balancer says it serves; the word of one that is gone does not count.

        It is not the process that was started which says so but the one that it keeps.
        """
        listening = listeners.read(self._state_file(process.name))
        if listening is None or not processes.has_command(listening.pid, process):
            return None
        return listening

    def _runs(self, process: Process) -> bool:
        """Itself, or what it kept: a load balancer whose keeper was killed goes on serving."""
        return processes.is_running(process) or self._listening(process) is not None

    def _end_everything(self, grace_seconds: float) -> None:
        for option in ("--state-file", "--snapshots"):
            self._end_what_has(option, grace_seconds)

    def _end_what_has(self, option: str, grace_seconds: float) -> None:
        """End load balancers, which have ``--state-file``, or control planes: ``--snapshots``."""
        for process in self._supervision.all():
            if option in process.command:
                self._end(process, grace_seconds)
        # A command that is killed between a start and its note leaves a process without one.
        strays = processes.with_option_under("stray process", option, self._folder)
        # A keeper before what it keeps, which would only be started again.
        for stray in sorted(strays, key=lambda stray: (stray.created, stray.pid)):
            self._end(stray, grace_seconds)

    def _end(self, process: Process, grace_seconds: float) -> None:
        self._supervision.end(process, grace_seconds)
        # A load balancer that was killed, or whose keeper was before, leaves what it kept.
        for fork in processes.with_words(process.name, process.command[1:]):
            processes.end(fork, grace_seconds)
        # The kernel ends the workers with their load balancer on Linux; elsewhere it does not.
        for worker in processes.orphans("worker", Path(bootstrap.__file__)):
            processes.end(worker, grace_seconds=0.0)

    def _state_file(self, name: str) -> Path:
        return self._folder / name / "listeners.json"

    def _load_balancer_environment(self) -> dict[str, str]:
        return _LOAD_BALANCER_ENVIRONMENT | {TOKEN_VARIABLE: self._identity.token()}

    def _exclusive(self) -> AbstractContextManager[None]:
        return exclusive(self._folder / "lock")


_LOAD_BALANCER_ENVIRONMENT = {
    # Any key will do: the role that is assumed with it decides about the account.
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def _load_balancer_name(env_name: str) -> str:
    return f"load-balancer-{env_name}"


def _load_balancer(env_name: str, listening: Listening, *, started: bool) -> LoadBalancerProcess:
    return LoadBalancerProcess(env_name, listening.pid, listening.listeners, started)


def _endpoint(
    process: Process, health: client.Health, *, started: bool, recovered: bool
) -> Endpoint:
    restored = health.restored_from is not None
    return Endpoint(_url(process), _port(process), health.pid, restored, started, recovered)


def _port(control_plane: Process) -> int:
    """The port in the command line of a control plane. Raises CloudError."""
    words = control_plane.command
    try:
        return int(words[words.index("--port") + 1])
    except (ValueError, IndexError):
        raise CloudError(f"the note of process {control_plane.pid} names no port") from None


def _url(control_plane: Process) -> str:
    return f"http://{LOOPBACK}:{_port(control_plane)}"
