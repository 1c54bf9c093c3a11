from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from local_aws import files
from local_aws.errors import CloudError
from local_aws.files import locked

WAITS = "import signal; print('ready', flush=True); signal.pause()"


@pytest.mark.parametrize("content", ["", "{", "[]", "\xff"])
def test_a_damaged_json_file_is_an_empty_object(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content, "latin-1")
    assert files.read_json(tmp_path / "x.json") == {}


def test_a_failed_write_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "x.json"
    files.write_json(path, {"a": 1})

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write_json(path, {"a": 2})
    assert files.read_json(path) == {"a": 1}
    assert list(path.parent.iterdir()) == [path]


def test_the_last_two_logs_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    for text in "abcd":
        files.rotate_log(log)
        log.write_text(text)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "x.log": "d",
        "x.log.1": "c",
        "x.log.2": "b",
    }


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"\xff" * 200_000 + b"\n" + b"\n".join(b"%d" % n for n in range(20)))
    assert files.tail(log, 2) == ["18", "19"]
    assert files.tail(tmp_path / "none", 2) == []


def test_waiting_for_a_lock_has_an_end(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locked(lock), pytest.raises(CloudError, match="another process has held"):  # noqa: SIM117
        with locked(lock, timeout_seconds=0.05):
            pytest.fail("both hold the lock")
    with locked(lock, timeout_seconds=0.05):
        pass


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = f"import fcntl, signal; f = open({str(lock)!r}, 'w'); fcntl.flock(f, 2); {WAITS}"
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"ready\n"
        holder.kill()
        holder.wait()
    with locked(lock, timeout_seconds=1.0):
        pass
