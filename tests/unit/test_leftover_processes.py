from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from terrarium import settings

LEAVES_A_PROCESS = """
import subprocess, sys

def test_that_leaves_a_process(tmp_path):
    sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = subprocess.Popen(sleeping, cwd={cwd}, env={env}, start_new_session=True)
    print("pid", process.pid)
    process.returncode = 0  # no ResourceWarning
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "tests.leftover_processes", "-rA", *options]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        command,
        cwd=folder,
        env=environ | {"PYTHONPATH": str(settings.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize(
    ("cwd", "env", "options", "starter"),
    [
        ("None", "None", (), "test_it.py::test_that_leaves_a_process"),
        ("None", "None", ("-n", "1"), "test_it.py::test_that_leaves_a_process"),
        ("tmp_path", "{}", (), "unknown"),
    ],
    ids=["inherited environment", "xdist", "folder below tmp_path"],
)
def test_a_session_that_leaves_a_process_fails_and_names_it(
    tmp_path: Path, cwd: str, env: str, options: tuple[str, ...], starter: str
) -> None:
    (tmp_path / "test_it.py").write_text(LEAVES_A_PROCESS.format(cwd=cwd, env=env))
    done = run(tmp_path, *options)
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 passed" in done.stdout
    pid = int(done.stdout.split("\npid ")[1].split()[0])
    assert f"{pid} {sys.executable} -c import time; time.sleep(600)" in done.stdout
    assert f"started by {starter}\n" in done.stdout
    assert has_ended(pid)


def test_a_session_that_ends_its_processes_passes(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n")
    assert run(tmp_path).returncode == 0
