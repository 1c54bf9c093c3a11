"""The environment of checkov, and our checks in one run of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from terrarium.errors import ToolchainError
from terrarium.policy import checkov

FIXTURES = Path(__file__).parent / "checkov"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements-policy.lock"
    file.write_text("# nothing to install\n")
    return file


def test_an_environment_is_made_once_for_each_lock(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "policy"
    python = checkov.python(lock, folder)
    subprocess.run([python, "-c", "import pip"], check=True)
    assert "making the environment" in capsys.readouterr().err
    assert checkov.python(lock, folder) == python
    assert capsys.readouterr().err == ""
    lock.write_text("# something else\n")
    other = checkov.python(lock, folder)
    assert other != python
    assert [path.name for path in folder.iterdir()] == [other.parent.parent.name]


def test_a_failed_installation_leaves_nothing(lock: Path, tmp_path: Path) -> None:
    lock.write_text("checkov==3.3.30\n")  # without a hash, pip refuses before it downloads
    folder = tmp_path / "policy"
    with pytest.raises(ToolchainError, match=r"could not install requirements-policy\.lock") as it:
        checkov.python(lock, folder)
    assert "package index" in (it.value.hint or "")
    assert list(folder.iterdir()) == []


@pytest.mark.soak
def test_every_check_fails_its_examples_and_no_other_resource(tmp_path: Path) -> None:
    """A comment ``# fails CHECK, CHECK`` names the checks that a resource must fail."""
    examples = shutil.copytree(FIXTURES, tmp_path / "examples")  # scans leave out folders of tests
    scan = checkov.scan_modules(checkov.python(), examples)
    sources = "".join(file.read_text() for file in FIXTURES.glob("*.tf"))
    expected = {
        (check, f"{kind}.{name}")
        for kind, name, checks in re.findall(
            r'^resource "(\w+)" "(\w+)" \{ # fails (.+)$', sources, re.MULTILINE
        )
        for check in checks.split(", ")
    }
    tested = {check for check, _ in expected}
    found = {(check.id, check.address) for check in scan.failed if check.id in tested}
    assert found == expected
    own = "".join(file.read_text() for file in checkov.CHECKS.glob("*") if file.is_file())
    assert set(re.findall(r"TERRARIUM_[A-Z_]+", own)) <= tested
