"""The folder that holds everything of one local AWS.

::

    preferences.json                      per account: HTTP port, protection; written by commands
    processes.json                        URL, token and processes; written by the supervisor
    recovered                             exists after a crash, until a command has reported it
    command.lock                          held by a command that starts or stops processes
    supervisor.lock                       held by the supervisor as long as it runs
    snapshots/                            the control plane's saved state
    load-balancers/ACCOUNT/               listeners.json, certificate, unpacked function code
    logs/NAME.log                         output of a process, new at each start
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local_aws import files, listeners_file
from local_aws.errors import CloudError
from local_aws.processes import Process

SUPERVISOR = "supervisor"
CONTROL_PLANE = "control-plane"

_FIRST_HTTP_PORT = 8080
_HTTP_PORTS_PER_ACCOUNT = 10


@dataclass(frozen=True, slots=True)
class Record:
    """A process in processes.json.

    ``ready`` means that it has served since it was started; ``failed`` that the supervisor
    has given up on it.
    """

    process: Process
    ready: bool
    failed: bool = False
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Records:
    """Content of processes.json: the supervisor first, then the processes that it started."""

    url: str = ""
    token: str = ""
    records: tuple[Record, ...] = ()

    @property
    def port(self) -> int | None:
        """Port of the control plane."""
        return urlsplit(self.url).port if self.url else None

    def find(self, name: str) -> Record | None:
        return next((each for each in self.records if each.process.name == name), None)


@dataclass(frozen=True, slots=True)
class Preference:
    """Wishes for an account's load balancers.

    ``http_port`` is for port 80 of the first one, None for the next free range;
    ``unprotected`` ignores firewalls, security groups, subnets and routes.
    """

    http_port: int | None = None
    unprotected: bool = False


class StateFolder:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.command_lock = self.path / "command.lock"
        self.supervisor_lock = self.path / "supervisor.lock"
        self.recovered = self.path / "recovered"
        self.snapshots = self.path / "snapshots"
        self._processes = self.path / "processes.json"
        self._preferences = self.path / "preferences.json"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def logs(self) -> list[str]:
        """Return the names of all logs."""
        return sorted(path.stem for path in (self.path / "logs").glob("*.log"))

    def listeners(self, account: str) -> Path:
        return self.path / "load-balancers" / account / "listeners.json"

    def read_records(self) -> Records:
        """Return the content of processes.json; nothing if it is missing or damaged."""
        value = files.read_json(self._processes)
        try:
            records = tuple(
                Record(
                    Process.from_json(each["process"]),
                    ready=bool(each["ready"]),
                    failed=bool(each["failed"]),
                    restarts=int(each["restarts"]),
                )
                for each in value["processes"]
            )
            return Records(str(value["url"]), str(value["token"]), records)
        except (KeyError, TypeError, ValueError):
            return Records()

    def write_records(self, records: Records) -> None:
        """Raises CloudError."""
        value = {
            "url": records.url,
            "token": records.token,
            "processes": [asdict(each) for each in records.records],
        }
        self._write(self._processes, value)

    def preference(self, account: str) -> Preference:
        value = self._all_preferences().get(account)
        if not isinstance(value, Mapping):
            return Preference()
        port = value.get("http_port")
        return Preference(
            port if isinstance(port, int) and 0 < port < 65536 else None,
            value.get("unprotected") is True,
        )

    def write_preference(self, account: str, preference: Preference) -> None:
        """Raises CloudError."""
        value = self._all_preferences() | {account: asdict(preference)}
        self._write(self._preferences, value)

    def http_port(self, account: str) -> int:
        """Return the preferred HTTP port, else that of the last time, else an unused one."""
        mine = self.preference(account).http_port
        mine = mine or listeners_file.http_port(self.listeners(account))
        if mine is not None:
            return mine
        served = {listeners_file.http_port(self.listeners(each)) for each in self._served()}
        taken = served | {self.preference(each).http_port for each in self._all_preferences()}
        free = itertools.count(_FIRST_HTTP_PORT, _HTTP_PORTS_PER_ACCOUNT)
        port = next(each for each in free if each not in taken)
        listeners_file.reserve(self.listeners(account), port)
        return port

    def _served(self) -> list[str]:
        return [path.parent.name for path in self.path.glob("load-balancers/*/listeners.json")]

    def _all_preferences(self) -> dict[str, Any]:
        return files.read_json(self._preferences)

    def create(self) -> None:
        """Raises CloudError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_writable(error) from error
        if not os.access(self.path, os.W_OK):
            raise CloudError(f"{self.path} is not writable", hint="choose another with --state")

    def _write(self, path: Path, value: dict[str, Any]) -> None:
        try:
            files.write_json(path, value)
        except OSError as error:
            raise self._not_writable(error) from error

    def _not_writable(self, error: OSError) -> CloudError:
        return CloudError(f"{self.path}: {error.strerror}", hint="choose another with --state")


def load_balancer_name(account: str) -> str:
    """Return the name of the process that serves an account's load balancers."""
    return f"load-balancer-{account}"
