from __future__ import annotations

from pathlib import Path

import pytest

from terrarium import settings, toolchain, virtual_environment
from terrarium.errors import ToolchainError


def program(folder: Path, name: str, answer: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat <<'EOF'\n{answer}\nEOF\n")
    path.chmod(0o755)
    return path


def terraform(folder: Path, version: str) -> Path:
    return program(folder, "terraform", f'{{"terraform_version": "{version}"}}')


def mirror(folder: Path) -> Path:
    (folder / toolchain.PROVIDER).mkdir(parents=True)
    return folder


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder on PATH, before those that a shell script needs."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(toolchain, "_BIN", tmp_path / "venv" / "bin")
    return tmp_path / "bin"


def test_a_terraform_on_path_that_is_new_enough_is_used(path: Path) -> None:
    binary = terraform(path, "1.12.0")
    assert toolchain.terraform() == toolchain.Tool(binary, "1.12.0")


def test_a_terraform_that_is_too_old_is_refused_with_its_path_and_a_fix(path: Path) -> None:
    binary = terraform(path, "1.10.9")
    with pytest.raises(ToolchainError) as refused:
        toolchain.terraform()
    assert f"Terraform 1.10.9 at {binary} is too old: 1.11 or newer" in refused.value.message
    assert "./inv doctor" in str(refused.value.hint)


def test_an_old_terraform_does_not_hide_a_newer_one_later_on_path(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terraform(path, "1.5.7")
    newer = terraform(tmp_path / "later", "1.11.4")
    monkeypatch.setenv("PATH", f"{path}:{tmp_path / 'later'}:/usr/bin:/bin")
    assert toolchain.terraform().path == newer


def test_without_terraform_on_path_the_launcher_is_used(path: Path, tmp_path: Path) -> None:
    launcher = terraform(tmp_path / "venv" / "bin", "1.15.5")
    assert toolchain.terraform() == toolchain.Tool(launcher, "1.15.5")


def test_a_launcher_is_not_mistaken_for_a_binary_on_path(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_checkout = tmp_path / "other" / ".venv" / "bin"
    for name in ("terraform", "terragrunt"):
        launcher = program(other_checkout, name, "")
        launcher.write_text(virtual_environment.LAUNCHER.format(python="python3", name=name))
    monkeypatch.setenv("PATH", f"{other_checkout}:/usr/bin:/bin")
    assert toolchain.terraform_on_path() is None
    assert not toolchain.terragrunt().is_official


def test_another_program_named_terraform_is_refused(path: Path) -> None:
    binary = program(path, "terraform", "hello")
    with pytest.raises(ToolchainError, match=f"{binary} does not answer"):
        toolchain.terraform()


def test_the_official_terragrunt_is_preferred(path: Path) -> None:
    binary = program(path, "terragrunt", "terragrunt version v0.89.4")
    found = toolchain.terragrunt()
    assert (found.path, found.version, found.is_official) == (binary, "0.89.4", True)
    assert found.command("plan") == [str(binary), "plan"]


def test_an_installed_terragrunt_runner_is_not_the_official_binary(path: Path) -> None:
    program(path, "terragrunt", "terragrunt-runner 0.2.0, not the official binary")
    assert not toolchain.terragrunt().is_official


def test_without_terragrunt_on_path_the_runner_is_used(path: Path) -> None:
    found = toolchain.terragrunt()
    assert not found.is_official
    assert found.command("plan")[1:] == ["-P", "-m", "terragrunt_runner", "plan"]


def test_a_mirror_named_by_the_variable_is_used(tmp_path: Path) -> None:
    named = mirror(tmp_path / "mirror")
    assert toolchain.find_mirror({toolchain.MIRROR_VARIABLE: str(named)}) == named


def test_a_folder_named_by_the_variable_that_is_not_a_mirror_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="is not a provider mirror"):
        toolchain.find_mirror({toolchain.MIRROR_VARIABLE: str(tmp_path)})


def test_terraforms_implied_mirror_folders_are_searched(tmp_path: Path) -> None:
    implied = mirror(tmp_path / ".terraform.d" / "plugins")
    assert toolchain.find_mirror({"HOME": str(tmp_path)}) == implied


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path / "state")
    return tmp_path / "state"


def test_an_existing_cli_configuration_of_the_user_is_used(tmp_path: Path, state_dir: Path) -> None:
    own = tmp_path / "own.rc"
    own.write_text("# mine\n")
    found = toolchain.providers({"TF_CLI_CONFIG_FILE": str(own)})
    assert (found.configuration, found.is_generated) == (own, False)
    assert not state_dir.exists()


def test_a_cli_configuration_that_does_not_exist_is_replaced(
    tmp_path: Path, state_dir: Path
) -> None:
    found = toolchain.providers(
        {
            "TF_CLI_CONFIG_FILE": str(tmp_path / "absent"),
            toolchain.MIRROR_VARIABLE: str(mirror(tmp_path / "mirror")),
        }
    )
    assert found.configuration == state_dir / "terraform.rc"
    assert f'path = "{tmp_path / "mirror"}"' in found.configuration.read_text()


def test_official_terragrunt_caches_providers_from_the_registry(
    path: Path, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terraform(path, "1.11.4")
    program(path, "terragrunt", "terragrunt version v0.89.4")
    monkeypatch.setattr(toolchain, "find_mirror", lambda environ: None)
    environ = toolchain.environ({"PATH": str(path)})
    assert environ["TG_PROVIDER_CACHE"] == "true"
    assert "plugin_cache_dir" not in Path(environ["TF_CLI_CONFIG_FILE"]).read_text()


def test_without_a_mirror_the_runner_uses_the_registry_with_a_plugin_cache(
    path: Path, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolchain, "find_mirror", lambda environ: None)
    found = toolchain.providers({})
    assert found.mirror is None
    assert f'plugin_cache_dir = "{state_dir / "plugin-cache"}"' in found.configuration.read_text()
    assert "filesystem_mirror" not in found.configuration.read_text()
