from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from terrarium.errors import BusyError
from terrarium.journal import Journal, end_left_over_processes

KILLED = """
import os, signal, sys
from pathlib import Path
from terrarium.journal import Journal
with Journal(Path(sys.argv[1])).changing("apply of dev"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_change_that_ended_or_failed_leaves_nothing_to_recover(tmp_path: Path) -> None:
    with Journal(tmp_path).changing("apply of dev"):
        pass
    with Journal(tmp_path).recovering() as interrupted:
        assert interrupted is None
    with pytest.raises(RuntimeError), Journal(tmp_path).changing("apply of dev"):
        raise RuntimeError
    with Journal(tmp_path).recovering() as interrupted:
        assert interrupted is None


def test_a_killed_change_is_noticed_until_a_recovery_succeeds(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert killed.returncode == -9
    with pytest.raises(BusyError), Journal(tmp_path).recovering():
        raise BusyError("could not restore")
    with Journal(tmp_path).recovering() as interrupted:
        assert interrupted is not None
        assert interrupted.command == "apply of dev"
    with Journal(tmp_path).recovering() as interrupted:
        assert interrupted is None


def test_a_second_change_is_refused_with_who_makes_the_first(tmp_path: Path) -> None:
    with (
        Journal(tmp_path).changing("apply of dev"),
        pytest.raises(BusyError, match=r"apply of dev \(process \d+, since 20"),
        Journal(tmp_path).changing("destroy of dev"),
    ):
        pytest.fail("two changes at once")


def test_an_entry_that_cannot_be_read_still_counts_as_a_killed_change(tmp_path: Path) -> None:
    (tmp_path / "change.json").write_text(json.dumps(["not", "an", "entry"]))
    with Journal(tmp_path).recovering() as interrupted:
        assert interrupted is not None
        assert interrupted.command == "an unknown task"


def test_only_terraform_below_the_tree_is_ended(tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    orphan = subprocess.Popen([*sleeping, "terraform", "apply"], cwd=live)
    editor = subprocess.Popen([*sleeping, "editor"], cwd=live)
    elsewhere = subprocess.Popen([*sleeping, "terraform", "apply"], cwd=tmp_path)
    try:
        assert end_left_over_processes(live) == [orphan.pid]
        assert not psutil.pid_exists(orphan.pid)
        assert (editor.poll(), elsewhere.poll()) == (None, None)
    finally:
        for process in (orphan, editor, elsewhere):
            process.kill()
            process.wait()
