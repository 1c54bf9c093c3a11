from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from terrarium.errors import ToolchainError
from terrarium.policy import environment


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements-policy.lock"
    file.write_text("# nothing to install\n")
    return file


def test_an_environment_is_made_once_for_a_lock_and_anew_for_another(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "policy"
    python = environment.python(lock, folder)
    subprocess.run([python, "-c", "import pip"], check=True)
    assert "making the environment" in capsys.readouterr().err
    assert environment.python(lock, folder) == python
    assert capsys.readouterr().err == ""
    lock.write_text("# something else\n")
    other = environment.python(lock, folder)
    assert other != python
    assert [path.name for path in folder.iterdir()] == [other.parent.parent.name]


def test_a_lock_that_cannot_be_installed_leaves_nothing_and_says_what_it_needs(
    lock: Path, tmp_path: Path
) -> None:
    lock.write_text("checkov==3.3.30\n")  # without a hash, pip refuses before it asks anybody
    folder = tmp_path / "policy"
    with pytest.raises(ToolchainError, match=r"could not install requirements-policy\.lock") as it:
        environment.python(lock, folder)
    assert "package index" in (it.value.hint or "")
    assert list(folder.iterdir()) == []
