from __future__ import annotations

import os
from pathlib import Path

import pytest

from terrarium import atomic


def test_a_new_file_is_written_with_its_folders(tmp_path: Path) -> None:
    assert atomic.write(tmp_path / "a" / "b", b"content") is True
    assert (tmp_path / "a" / "b").read_bytes() == b"content"


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic.write(path, b"content")
    os.utime(path, (1, 1))
    assert atomic.write(path, b"content") is False
    assert path.stat().st_mtime == 1


def test_an_open_file_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic.write(path, b"old")
    with path.open("rb") as reader:
        assert atomic.write(path, b"new") is True
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_failure_leaves_the_old_content_and_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    atomic.write(path, b"old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        atomic.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
