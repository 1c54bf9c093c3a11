from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terrarium import settings

_FOREIGN = ("AWS_", "PYTEST_", "TG_", "TERRAGRUNT_", "TF_VAR_", "TERRARIUM_")


def copy_checkout(target: Path) -> Path:
    """The files of this checkout that git knows or would add, as a fresh clone would have them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=settings.ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = settings.ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


@dataclass(slots=True)
class Clone:
    """A copy of the checkout with a cloud and ports of its own, used through its tasks."""

    root: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)  # as ./inv does
        # What this checkout wrote for itself is no choice of the person's.
        if kept.get("TF_CLI_CONFIG_FILE") == str(settings.STATE_DIR / "terraform.rc"):
            del kept["TF_CLI_CONFIG_FILE"]
        # Credentials of the person who runs the tests must not turn a local test into one on AWS.
        absent = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
        paths = (self.root / path.relative_to(settings.ROOT) for path in settings.IMPORT_PATHS)
        own = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "AWS_EC2_METADATA_DISABLED": "true"}
        return kept | absent | own | dict(self.extra)

    def invoke(
        self, *words: str, check: bool = True, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``invoke WORDS`` in the clone to its end."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.environ | extra,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"invoke {' '.join(words)}: {done.returncode}\n{done.stderr}")
        return done

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``invoke WORDS`` in the clone, in a process group of its own."""
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

    def processes(self) -> list[dict[str, Any]]:
        """What ``status`` says of each process."""
        listed: list[dict[str, Any]] = json.loads(self.invoke("status", "--json").stdout)
        return listed

    def url(self, process: str) -> str:
        """Where a process of the clone answers: control-plane, load-balancer-dev, …"""
        return next(str(p["urls"][0]) for p in self.processes() if p["name"] == process)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "invoke", "--search-root", str(self.root), *words]

    def terragrunt(
        self, *words: str, folder: str = "live/dev", **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``terragrunt WORDS`` in a folder of the clone, as the launcher on PATH does."""
        launch = "from terrarium.launchers import terragrunt; terragrunt()"
        return subprocess.run(
            [sys.executable, "-P", "-c", launch, *words],
            cwd=self.root / folder,
            env=self.environ | extra,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )


def kill_group(process: subprocess.Popen[str]) -> None:
    """End a process and whatever it started, as closing a machine would: no clean-up runs."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
