"""The wrapper, with a lock that names only what invoke needs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from terrarium import settings

NEEDED = ("invoke", "rich", "markdown-it-py", "mdurl", "pygments", "psutil")
TASKS = """
from invoke import task

@task
def hello(c):
    print("hello")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout with a space"
    root.mkdir()
    shutil.copy2(settings.ROOT / "inv", root)
    shutil.copytree(settings.ROOT / "terrarium", root / "terrarium")
    shutil.copy2(settings.ROOT / "requirements-terraform.lock", root)
    lock = (settings.ROOT / "requirements.lock").read_text()
    entries = re.findall(r"^[a-z0-9_.-]+==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    needed = [entry for entry in entries if entry.split("==")[0] in NEEDED]
    assert len(needed) == len(NEEDED)
    (root / "requirements.lock").write_text("".join(needed))
    (root / "tasks.py").write_text(TASKS)
    return root


def inv(checkout: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "inv", *words],
        cwd=cwd or checkout,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def environment(checkout: Path) -> Path:
    return (checkout / ".venv").resolve()


def test_the_environment_is_made_once_and_again_when_the_lock_changes(
    checkout: Path, tmp_path: Path
) -> None:
    first = inv(checkout, "hello", cwd=tmp_path)
    assert (first.returncode, first.stdout) == (0, "hello\n"), first.stderr
    assert "making the Python environment" in first.stderr
    made = environment(checkout)

    again = inv(checkout, "hello")
    assert (again.stdout, again.stderr) == ("hello\n", "")
    assert environment(checkout) == made

    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    changed = inv(checkout, "hello")
    assert changed.stdout == "hello\n"
    assert environment(checkout) != made


def test_an_activated_shell_finds_terragrunt_and_it_starts(checkout: Path) -> None:
    inv(checkout, "hello")
    # Without the parser's packages the runner cannot start; that it is what was asked, can be seen.
    done = subprocess.run(
        ["/bin/sh", "-c", ". .venv/bin/activate && command -v terragrunt && terragrunt --version"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(environment(checkout) / "bin" / "terragrunt") in done.stdout
    assert "No such file" not in done.stderr


def test_a_maker_that_was_killed_leaves_nothing_in_the_way(checkout: Path) -> None:
    process = subprocess.Popen(
        [checkout / "inv", "hello"], cwd=checkout, process_group=0, stderr=subprocess.DEVNULL
    )
    guard = checkout / ".terrarium" / "environment.lock" / "pid"
    deadline = time.monotonic() + 30
    while not guard.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (checkout / ".venv").exists()
    assert inv(checkout, "hello").stdout == "hello\n"


def test_a_folder_named_venv_that_somebody_else_made_is_not_overwritten(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").touch()
    done = inv(checkout, "hello")
    assert done.returncode == 1
    assert "is a folder that ./inv did not make" in done.stderr
    assert (checkout / ".venv" / "precious").exists()


def test_a_lock_with_a_wrong_hash_is_refused(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub(r"sha256:[0-9a-f]{4}", "sha256:0000", lock.read_text()))
    done = inv(checkout, "hello")
    assert done.returncode == 1
    assert "pip could not install" in done.stderr
    assert not (checkout / ".venv").exists()
