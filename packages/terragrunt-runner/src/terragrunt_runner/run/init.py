"""``terraform init``, when and only when it is needed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from terragrunt_runner.errors import TerraformError
from terragrunt_runner.run import init_stamp
from terragrunt_runner.run.processes import Children, Command

_PLUGIN_CACHE = re.compile(r'^\s*plugin_cache_dir\s*=\s*"([^"]+)"', re.MULTILINE)
_LOCK_NAME = ".terragrunt-init.lock"


@dataclass(frozen=True, slots=True)
class Initialisation:
    """One working folder's init: its arguments after ``init`` and the lock file it was given."""

    command: Command
    arguments: tuple[str, ...]
    given_lock: str

    @property
    def folder(self) -> Path:
        return self.command.cwd

    @property
    def terraform(self) -> str:
        return self.command.argv[0]

    def is_done(self) -> bool:
        return init_stamp.is_initialised(self.folder, self._digest())

    def run(self, children: Children, on_line: Callable[[str], None]) -> None:
        """Run it and write the stamp. Raises TerraformError with Terraform's own words."""
        self.forget()
        with one_at_a_time(self.command.environment):
            argv = (self.terraform, "init", "-input=false", *self.arguments)
            command = replace(self.command, argv=argv)
            done = children.run(command, on_stdout=on_line, on_stderr=on_line)
        if done.code:
            raise TerraformError(
                f"terraform init failed in {self.folder}\n{done.stdout}\n{done.stderr}".rstrip()
            )
        init_stamp.write(self.folder, self._digest(), self.given_lock)

    def forget(self) -> None:
        """From now on the folder does not count as initialised."""
        init_stamp.remove(self.folder)

    def record(self) -> None:
        """Write the stamp after an init that the person asked for."""
        init_stamp.write(self.folder, self._digest(), self.given_lock)

    def _digest(self) -> str:
        return init_stamp.digest(
            self.folder, self.terraform, self.arguments, self.command.environment
        )


@contextlib.contextmanager
def one_at_a_time(environment: Mapping[str, str]) -> Iterator[None]:
    """Hold the lock of the shared provider cache, if there is one.

    Terraform's plugin cache is not safe for inits in parallel, of this process or of another.
    """
    cache = plugin_cache(environment)
    if cache is None:
        yield
        return
    cache.mkdir(parents=True, exist_ok=True)
    handle = os.open(cache / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def plugin_cache(environment: Mapping[str, str]) -> Path | None:
    """The shared folder of providers that Terraform is told to use."""
    named = environment.get("TF_PLUGIN_CACHE_DIR")
    if named:
        return Path(named)
    config = environment.get("TF_CLI_CONFIG_FILE") or str(Path.home() / ".terraformrc")
    try:
        match = _PLUGIN_CACHE.search(Path(config).read_text("utf-8"))
    except OSError:
        return None
    return Path(os.path.expandvars(match[1])).expanduser() if match else None
