"""``terraform init``, run only when it is needed.

A stamp in the working folder holds a digest of everything that ``init`` reads: provider and module
requirements, the backend, the lock file, Terraform itself, its CLI configuration and the arguments.
It is written after a success and removed before the next init, so that a kill at any moment leaves
no stamp that is wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from terragrunt_runner.errors import TerraformError
from terragrunt_runner.run.processes import Command, OnLine, Processes
from terragrunt_runner.run.working_folder import LOCK_FILE, write_bytes

STAMP = ".terragrunt-init.json"

_CACHE_LOCK = ".terragrunt-init.lock"
_PLUGIN_CACHE = re.compile(r'^\s*plugin_cache_dir\s*=\s*"([^"]+)"', re.MULTILINE)
_REQUIREMENT = re.compile(rb"^\s*(?:terraform|module|provider)\b", re.MULTILINE)
_RESOURCE_TYPE = re.compile(rb'^\s*(?:resource|data|ephemeral)\s+"([a-z0-9-]+)', re.MULTILINE)
_LOCAL_MODULE = re.compile(rb'^\s*source\s*=\s*"(\.{1,2}/[^"]*)"', re.MULTILINE)
_VARIABLES = ("TF_CLI_CONFIG_FILE", "TF_CLI_ARGS", "TF_CLI_ARGS_init", "TF_WORKSPACE")


@dataclass(frozen=True, slots=True)
class Init:
    """The init of one working folder.

    ``command`` starts Terraform there; ``arguments`` follow ``init``; ``source_lock`` is the
    digest of the lock file that was copied into the folder.
    """

    command: Command
    arguments: tuple[str, ...]
    source_lock: str

    @property
    def folder(self) -> Path:
        return self.command.cwd

    def is_done(self) -> bool:
        """True if the last init read the same and its results are still there."""
        stamp = _read_stamp(self.folder)
        lock = file_digest(self.folder / LOCK_FILE)
        data = self.folder / (self.command.environment.get("TF_DATA_DIR") or ".terraform")
        return (
            stamp.get("inputs") == self._digest()
            and stamp.get("lock") == lock
            and data.is_dir()
            and (lock == "" or (data / "providers").exists())
        )

    def run(self, processes: Processes, on_line: OnLine) -> None:
        """Run it and write the stamp. Raises TerraformError with Terraform's output."""
        self.forget()
        with one_at_a_time(self.command.environment):
            argv = (*self.command.argv, "init", "-input=false", *self.arguments)
            command = replace(self.command, argv=argv)
            done = processes.run(command, on_stdout=on_line, on_stderr=on_line)
        if done.code:
            raise TerraformError(
                f"terraform init failed in {self.folder}\n{done.stdout}\n{done.stderr}".rstrip()
            )
        self.record()

    def forget(self) -> None:
        """Remove the stamp."""
        (self.folder / STAMP).unlink(missing_ok=True)

    def record(self) -> None:
        """Write the stamp of an init that succeeded."""
        lock = file_digest(self.folder / LOCK_FILE)
        stamp = {"inputs": self._digest(), "given": self.source_lock, "lock": lock}
        write_bytes(self.folder / STAMP, json.dumps(stamp).encode())

    def _digest(self) -> str:
        total = hashlib.sha256()
        for part in self._inputs():
            total.update(hashlib.sha256(part).digest())
        return total.hexdigest()

    def _inputs(self) -> Iterator[bytes]:
        """Everything that init reads, except the lock file, which it also writes."""
        environment = self.command.environment
        terraform = _identity(self.command.argv[0], environment)
        yield json.dumps([terraform, list(self.arguments)]).encode()
        yield json.dumps([environment.get(name) for name in _VARIABLES]).encode()
        yield file_digest(_cli_configuration(environment)).encode()
        yield from _requirements(self.folder, set())


def keeps_lock(folder: Path, source_lock: str) -> bool:
    """True if the last init made the lock file in the folder from the one in the source.

    Init may add hashes for this platform; copying the source's lock file again would undo that.
    """
    stamp = _read_stamp(folder)
    lock = file_digest(folder / LOCK_FILE)
    return lock != "" and stamp.get("lock") == lock and stamp.get("given") == source_lock


@contextlib.contextmanager
def one_at_a_time(environment: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock of the plugin cache, if there is one.

    Terraform's plugin cache is not safe for inits in parallel, in this process or another.
    """
    cache = plugin_cache(environment)
    if cache is None:
        yield
        return
    cache.mkdir(parents=True, exist_ok=True)
    handle = os.open(cache / _CACHE_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def plugin_cache(environment: Mapping[str, str]) -> Path | None:
    """Return Terraform's plugin cache, from its variable or its CLI configuration."""
    if environment.get("TF_PLUGIN_CACHE_DIR"):
        return Path(environment["TF_PLUGIN_CACHE_DIR"])
    try:
        match = _PLUGIN_CACHE.search(_cli_configuration(environment).read_text("utf-8"))
    except OSError:
        return None
    return Path(os.path.expandvars(match[1])).expanduser() if match else None


def file_digest(path: Path) -> str:
    """Return the hex SHA-256 of a file; '' if there is no such file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _cli_configuration(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")


def _read_stamp(folder: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
        if isinstance(stamp, dict):
            return stamp
    return {}


def _requirements(folder: Path, seen: set[Path]) -> Iterator[bytes]:
    """The requirements of a module and of the local modules that it calls."""
    if folder in seen or not folder.is_dir():
        return
    seen.add(folder)
    for path in sorted(folder.iterdir()):
        if not path.name.endswith((".tf", ".tf.json")):
            continue
        data = path.read_bytes()
        if path.name.endswith(".json") or _REQUIREMENT.search(data):
            yield data
        else:
            # Provider names are enough: a changed resource needs no init.
            providers = {kind.partition(b"_")[0] for kind in _RESOURCE_TYPE.findall(data)}
            yield b" ".join(sorted(providers))
        for called in _LOCAL_MODULE.findall(data):
            module = os.path.normpath(folder / called.decode("utf-8", "replace"))
            yield from _requirements(Path(module), seen)


def _identity(terraform: str, environment: Mapping[str, str]) -> list[object]:
    """Path, size and time of Terraform's binary: another version is another binary."""
    found = shutil.which(terraform, path=environment.get("PATH"))
    if found is None:
        return [terraform]
    status = Path(found).stat()
    return [str(Path(found).resolve()), status.st_size, status.st_mtime_ns]
