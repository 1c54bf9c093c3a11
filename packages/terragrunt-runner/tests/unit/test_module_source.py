from __future__ import annotations

from pathlib import Path

import pytest
from terragrunt_runner.config.model import Place
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.run.module_source import resolve
from terragrunt_runner_tests.tree import write

HERE = Place(Path("terragrunt.hcl"), 7)


def test_a_double_slash_in_a_source_separates_root_and_module(tmp_path: Path) -> None:
    write(tmp_path, {"modules/network/main.tf": "", "live/app/terragrunt.hcl": ""})
    source = resolve("../../modules//network", tmp_path / "live/app", HERE)
    assert (source.root, source.subfolder) == (tmp_path / "modules", "network")
    folder = source.working_folder(tmp_path / "cache", tmp_path / "live/app")
    assert folder.name == "network"
    assert folder.parent.parent.parent == tmp_path / "cache"
    with pytest.raises(ConfigurationError, match="there is no folder"):
        resolve("../../modules//none", tmp_path / "live/app", HERE)


@pytest.mark.parametrize(
    "source",
    [
        "tfr:///a/b/aws?version=1.0.0",
        "https://example.com/m.zip",
        "github.com/a/b",
        "s3::https://x",
    ],
)
def test_a_source_in_a_registry_or_archive_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigurationError, match="is remote") as caught:
        resolve(source, tmp_path, HERE)
    assert (caught.value.file, caught.value.line) == (HERE.file, HERE.line)


def test_a_git_source_has_address_ref_and_folder(tmp_path: Path) -> None:
    source = resolve("git::ssh://git@host/org/repo.git//net/vpc?ref=v1", tmp_path, HERE)
    assert source.git == ("ssh://git@host/org/repo.git", "v1")
    assert source.subfolder == "net/vpc"
