"""``./inv`` in a checkout whose lock names only what invoke needs."""

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

LOCKED = ("invoke", "rich", "markdown-it-py", "mdurl", "pygments", "psutil")
TASKS = """
from invoke import task

@task
def hello(c):
    print("hello")
"""
WRONG_HASH = (r"sha256:[0-9a-f]{4}", "sha256:0000")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout with a space"
    root.mkdir()
    for name in ("inv", "requirements-terraform.lock", "requirements-uv.lock"):
        shutil.copy2(settings.ROOT / name, root)
    shutil.copytree(settings.ROOT / "terrarium", root / "terrarium")
    lock = (settings.ROOT / "requirements.lock").read_text()
    entries = re.findall(r"^[a-z0-9_.-]+==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    locked = [entry for entry in entries if entry.split("==")[0] in LOCKED]
    assert len(locked) == len(LOCKED)
    (root / "requirements.lock").write_text("".join(locked))
    (root / "tasks.py").write_text(TASKS)
    return root


@pytest.fixture
def has_uv(checkout: Path) -> None:
    """The checkout has the pinned uv already, if this one does."""
    uv = settings.STATE_DIR / "uv"
    if uv.exists():
        (checkout / ".terrarium").mkdir()
        (checkout / ".terrarium" / "uv").symlink_to(uv)


@pytest.fixture(autouse=True)
def no_python_of_the_outer_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task sets this variable, and ``inv`` then uses that Python instead of the checkout's."""
    monkeypatch.delenv("TERRARIUM_PYTHON", raising=False)


def inv(
    checkout: Path, *words: str, cwd: Path | None = None, path: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "inv", *words],
        cwd=cwd or checkout,
        env=os.environ | {"PATH": path or path_without_uv()},
        capture_output=True,
        text=True,
        check=False,
    )


def path_without_uv() -> str:
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not shutil.which("uv", path=folder))


def environment(checkout: Path) -> Path:
    return (checkout / ".venv").resolve()


def has_pip(checkout: Path) -> bool:
    """True for an environment that pip made; uv installs no pip."""
    return (checkout / ".venv" / "bin" / "pip").exists()


def test_uv_makes_the_environment_once_and_again_when_the_lock_changes(
    checkout: Path, tmp_path: Path
) -> None:
    first = inv(checkout, "hello", cwd=tmp_path)
    assert (first.returncode, first.stdout) == (0, "hello\n"), first.stderr
    assert first.stderr == "> creating the Python environment from requirements.lock\n"
    assert not has_pip(checkout)
    created = environment(checkout)

    again = inv(checkout, "hello")
    assert (again.stdout, again.stderr) == ("hello\n", "")
    assert environment(checkout) == created

    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert inv(checkout, "hello").stdout == "hello\n"
    assert environment(checkout) != created
    assert created.exists()  # servers may still run from it


@pytest.mark.usefixtures("has_uv")
def test_a_uv_on_path_that_is_too_old_is_not_used(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\nexit 2\n")
    (tmp_path / "uv").chmod(0o755)
    done = inv(checkout, "hello", path=f"{tmp_path}{os.pathsep}{path_without_uv()}")
    assert done.stdout == "hello\n", done.stderr
    assert not has_pip(checkout)


def test_without_a_uv_that_can_be_installed_pip_makes_the_environment(checkout: Path) -> None:
    uv_lock = checkout / "requirements-uv.lock"
    uv_lock.write_text(re.sub(*WRONG_HASH, uv_lock.read_text()))
    done = inv(checkout, "hello")
    assert done.stdout == "hello\n", done.stderr
    assert has_pip(checkout)


@pytest.mark.usefixtures("has_uv")
def test_a_lock_with_a_wrong_hash_is_refused(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub(*WRONG_HASH, lock.read_text()))
    done = inv(checkout, "hello")
    assert done.returncode == 1
    assert f"error could not install {lock} -> read the message above" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.usefixtures("has_uv")
def test_an_activated_shell_finds_terragrunt_and_it_starts(checkout: Path) -> None:
    inv(checkout, "hello")
    # The packages of the runner are not in the lock, so it cannot do more than start.
    done = subprocess.run(
        ["/bin/sh", "-c", ". .venv/bin/activate && command -v terragrunt && terragrunt --version"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(environment(checkout) / "bin" / "terragrunt") in done.stdout
    assert "No such file" not in done.stderr


@pytest.mark.usefixtures("has_uv")
def test_a_killed_process_does_not_block_the_next(checkout: Path) -> None:
    process = subprocess.Popen(
        [checkout / "inv", "hello"], cwd=checkout, process_group=0, stderr=subprocess.DEVNULL
    )
    guard = checkout / ".terrarium" / "environment.lock" / "pid"
    while not guard.exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (checkout / ".venv").exists()
    assert inv(checkout, "hello").stdout == "hello\n"


@pytest.mark.usefixtures("has_uv")
def test_two_processes_at_once_create_one_environment(checkout: Path) -> None:
    first = subprocess.Popen([checkout / "inv", "hello"], cwd=checkout, stdout=subprocess.PIPE)
    second = inv(checkout, "hello")
    assert first.communicate()[0] == b"hello\n"
    assert second.stdout == "hello\n", second.stderr
    assert len(list((checkout / ".terrarium" / "environments").iterdir())) == 1


def test_a_folder_named_venv_that_inv_did_not_create_is_kept(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").touch()
    done = inv(checkout, "hello")
    assert done.returncode == 1
    assert "is a folder that ./inv did not create" in done.stderr
    assert (checkout / ".venv" / "precious").exists()


def test_a_checkout_that_cannot_be_written_is_refused_in_one_line(checkout: Path) -> None:
    (checkout / ".terrarium").touch()  # permissions do not stop root
    done = inv(checkout, "hello")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error cannot write to {checkout}/.terrarium -> make it ")
    assert done.stderr.count("\n") == 1
