"""Errors, dependencies and locks of the project."""

from __future__ import annotations

import re
import tomllib

from terrarium import errors, settings


def test_the_error_tree_in_the_docstring_is_the_one_in_the_code() -> None:
    drawn = re.findall(r"(\w+Error)\b", (errors.__doc__ or ""))
    defined = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert sorted(drawn) == sorted(defined)


def test_every_dependency_has_a_comment_with_its_purpose() -> None:
    for folder in (settings.ROOT, *settings.PACKAGES):
        text = (folder / "pyproject.toml").read_text()
        project = tomllib.loads(text)
        groups = project.get("dependency-groups", {}).get("dev", [])
        for dependency in [*project["project"]["dependencies"], *groups]:
            line = rf'^\s*"{re.escape(dependency)}",\s+# \S'
            assert re.search(line, text, re.M), f"{folder.name}: {dependency}"


def test_every_locked_package_has_hashes_and_no_lock_names_an_index() -> None:
    for lock in settings.ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in re.sub(r"^\s*#.*", "", text, flags=re.M)
        packages = re.findall(r"^\S+==\S+.*(?:\\\n\s+--hash=sha256:[0-9a-f]{64}\s*)+", text, re.M)
        assert len(packages) == len(re.findall(r"^\S+==", text, re.M)) > 0


def test_a_lock_begins_with_the_command_that_writes_it() -> None:
    """Renovate reads the command; it takes only these options."""
    for lock in settings.ROOT.glob("requirements*.lock"):
        command = lock.read_text().splitlines()[1]
        assert command.startswith("#    uv pip compile ")
        words = command.split()
        options = {word.split("=")[0] for word in words if word.startswith("-")}
        assert options <= {
            *("--universal", "--generate-hashes"),
            *("--python-version", "--group", "--output-file"),
        }
        assert words[-1] == f"--output-file={lock.name}"


def test_the_files_that_the_architecture_page_names_exist() -> None:
    page = (settings.ROOT / "docs" / "architecture.md").read_text("utf-8")
    folders = (
        settings.ROOT,
        settings.ROOT / "terrarium",
        *(package / "src" / package.name.replace("-", "_") for package in settings.PACKAGES),
    )
    named = set(re.findall(r"`([\w./-]+\.py)`", page))
    missing = {name for name in named if not any((folder / name).exists() for folder in folders)}
    assert named
    assert missing == set()
