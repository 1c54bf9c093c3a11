"""The packages are separate projects."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import local_aws
import pytest
import terragrunt_runner

from terrarium import settings

packages = pytest.mark.parametrize("package", settings.PACKAGES, ids=lambda path: path.name)


def read_project(folder: Path) -> dict[str, object]:
    project: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def test_imports_keep_to_the_contracts_in_pyproject_toml() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=settings.ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, settings.IMPORT_PATHS))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_repository_and_its_packages_have_one_version() -> None:
    version = read_project(settings.ROOT)["version"]
    assert local_aws.__version__ == version
    assert terragrunt_runner.__version__ == version


@packages
def test_a_package_ships_its_types(package: Path) -> None:
    assert len(list(package.glob("src/*/py.typed"))) == 1


@packages
@pytest.mark.parametrize("file", ["README.md", "CHANGELOG.md"])
def test_a_package_has_the_files_of_a_project(package: Path, file: str) -> None:
    assert (package / file).read_text().startswith("# ")


@packages
def test_the_changelog_of_a_package_begins_with_its_version(package: Path) -> None:
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (package / "CHANGELOG.md").read_text(), re.M)
    assert newest and newest[1] == local_aws.__version__
