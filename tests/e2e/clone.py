"""Copies of this checkout, used through their tasks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrarium import settings
from terrarium.tree import read_account

_TASK_SECONDS = 1200
_REMOVED_PREFIXES = ("AWS_", "TG_", "TERRAGRUNT_", "TF_VAR_", "TERRARIUM_")


def tracked_files() -> list[str]:
    """Return the paths that git tracks or would add, sorted and relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=settings.ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(filter(None, listed.stdout.decode().split("\0")))
    return [name for name in names if (settings.ROOT / name).is_file()]


def copy_checkout(target: Path) -> Path:
    """Copy the files of this checkout, as a fresh clone would have them."""
    for name in tracked_files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(settings.ROOT / name, target / name)
    return target


@dataclass(slots=True)
class Clone:
    """A copy of the checkout with a separate cloud and separate ports."""

    root: Path

    @property
    def environ(self) -> dict[str, str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith(_REMOVED_PREFIXES)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as ./inv does
        # ./inv test sets it to a file that this checkout generates; the clone generates its own.
        if environ.get("TF_CLI_CONFIG_FILE") == str(settings.STATE_DIR / "terraform.rc"):
            del environ["TF_CLI_CONFIG_FILE"]
        # Credentials of the developer must not turn a local test into one on AWS.
        absent = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
        paths = (self.root / path.relative_to(settings.ROOT) for path in settings.IMPORT_PATHS)
        return {
            **environ,
            **absent,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
        }

    def start_cloud(self) -> None:
        """Start the cloud as it was saved, without comparing it with the tree."""
        self._local_aws("up")

    def stop_cloud(self) -> None:
        """Stop the cloud without saving it."""
        self._local_aws("down", "--discard")

    def _local_aws(self, *words: str) -> None:
        state = str(self.root / ".terrarium" / "cloud")
        command = [sys.executable, "-m", "local_aws", "--state", state, *words]
        subprocess.run(command, cwd=self.root, env=self.environ, check=True)

    def invoke(
        self, *words: str, check: bool = True, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``invoke WORDS`` in the clone and wait for its end."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.environ | extra,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=_TASK_SECONDS,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"invoke {' '.join(words)}: {done.returncode}\n{done.stderr}")
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``invoke WORDS`` in the clone, in a new process group."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.root,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            process_group=0,
        )

    def outputs(self, unit: str) -> dict[str, Any]:
        """Return the outputs of one unit of dev."""
        done = self.invoke("output", "--env", "dev", "--unit", unit, "--json")
        outputs: dict[str, Any] = json.loads(done.stdout)[unit]
        return outputs

    @contextmanager
    def edited(self, path: str, old: str, new: str) -> Iterator[None]:
        """Replace text in a file of the clone while the block runs."""
        file = self.root / path
        before = file.read_text("utf-8")
        assert old in before
        file.write_text(before.replace(old, new, 1), "utf-8")
        try:
            yield
        finally:
            file.write_text(before, "utf-8")

    def processes(self) -> list[dict[str, Any]]:
        """Return what ``status`` prints about each process."""
        listed: list[dict[str, Any]] = json.loads(self.invoke("status", "--json").stdout)
        return listed

    def url(self, process: str = "control-plane") -> str:
        """Return the URL of a process."""
        return next(str(p["urls"][0]) for p in self.processes() if p["name"] == process)

    def api_url(self, env: str) -> str:
        """Return the URL of an environment's API."""
        account = read_account(settings.environment(env)).account_id
        return self.url(f"load-balancer-{account}")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "invoke", "--search-root", str(self.root), *words]

    def terragrunt(self, *words: str, folder: str = "live/dev") -> subprocess.CompletedProcess[str]:
        """Run ``terragrunt WORDS`` in a folder of the clone against its cloud, as a user would."""
        aws = {
            "AWS_ENDPOINT_URL": self.url(),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        launch = "from terrarium.launchers import terragrunt; terragrunt()"
        return subprocess.run(
            [sys.executable, "-P", "-c", launch, *words],
            cwd=self.root / folder,
            env=self.environ | aws,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a process and everything it started, so that no clean-up runs."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
