from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from terrarium import settings
from terrarium.errors import UsageError
from terrarium.rename import rename


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files that rename reads, in a Git repository of their own."""
    for folder in ("docs", "live", "lambda_src"):
        shutil.copytree(
            settings.ROOT / folder,
            tmp_path / folder,
            ignore=shutil.ignore_patterns(".terragrunt-cache", "__pycache__"),
        )
    shutil.copy2(settings.ROOT / "README.md", tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "x")
    return tmp_path


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_name_changes_where_it_names_resources(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rename("green-house", yes=False, root=root)
    captured = capsys.readouterr()
    changed = git(root, "diff", "--name-only").splitlines()
    assert sorted(captured.out.splitlines()) == sorted(changed)
    assert "fill in the lines marked as placeholder" in captured.err
    project = (root / "live" / "project.hcl").read_text()
    assert 'project           = "green-house"' in project
    assert 'github_repository = "example/green-house" # placeholder' in project
    assert (root / "README.md").read_text().startswith("# Green house\n")
    pages = "".join(page.read_text() for page in root.rglob("*.md"))
    assert "green-house-prod" in pages
    assert "terrarium-prod" not in pages


def test_a_second_rename_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rename("greenhouse", yes=False, root=root)
    before = git(root, "diff")
    capsys.readouterr()
    rename("greenhouse", yes=False, root=root)
    assert git(root, "diff") == before
    assert "already named greenhouse" in capsys.readouterr().err


def test_the_original_accounts_become_placeholders(root: Path) -> None:
    file = root / "live" / "prod" / "env.hcl"
    shipped = file.read_text()
    role = '"arn:aws:iam::987654321098:role/deploy"'
    file.write_text(
        shipped.replace("222222222222", "987654321098").replace(
            "deploy_role = null", f"deploy_role = {role}"
        )
    )
    rename("greenhouse", yes=True, root=root)
    assert "987654321098" not in file.read_text()
    assert 'account_id  = "222222222222" # placeholder' in file.read_text()
    assert "deploy_role = null # placeholder" in file.read_text()


@pytest.mark.parametrize(
    "name", ["", "a", "Terrarium", "9lives", "a_b", "-a", "a-", "a" * 21, "../x"]
)
def test_an_invalid_name_is_refused(root: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a project"):
        rename(name, yes=True, root=root)


def test_uncommitted_changes_are_refused_without_yes(root: Path) -> None:
    (root / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="uncommitted changes") as refused:
        rename("greenhouse", yes=False, root=root)
    assert "add --yes" in (refused.value.hint or "")
    assert git(root, "diff") == ""
