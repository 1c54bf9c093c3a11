from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from terragrunt_runner.__main__ import main
from terragrunt_runner.cli import hcl_commands
from terragrunt_runner_tests.tree import reader, write

needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform")


def test_each_invalid_file_is_reported_once_with_its_line(tmp_path: Path) -> None:
    files = {
        "good/terragrunt.hcl": "inputs = {}\n",
        "broken/terragrunt.hcl": "inputs = {\n  a = = 1\n}\n",
        "wrong/terragrunt.hcl": "\ncolour = 1\n",
        "shared.hcl": "locals {\n",
    }
    write(tmp_path, files)
    found = {(str(error.file), error.line) for error in hcl_commands.invalid(tmp_path, reader())}
    assert found == {
        (str(tmp_path / "broken/terragrunt.hcl"), 2),
        (str(tmp_path / "wrong/terragrunt.hcl"), 2),
        (str(tmp_path / "shared.hcl"), 1),
    }


@needs_terraform
def test_files_are_formatted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"a.hcl": "locals {\na=1\n  long = 2\n}\n", ".hidden/b.hcl": "x=1"})
    format_ = ["hcl", "fmt", "--working-dir", str(tmp_path)]
    assert main([*format_, "--check", "--diff"], os.environ) == 1
    out, err = capsys.readouterr()
    assert "-a=1" in out
    assert "not formatted: a.hcl" in err
    assert main(format_, os.environ) == 0
    assert (tmp_path / "a.hcl").read_text() == "locals {\n  a    = 1\n  long = 2\n}\n"
    assert (tmp_path / ".hidden/b.hcl").read_text() == "x=1"


def test_a_file_that_is_not_hcl_is_not_formatted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"a.hcl": "locals {"})
    assert main(["hcl", "fmt", "--working-dir", str(tmp_path)], {}) == 1
    assert f"{tmp_path}/a.hcl:1" in capsys.readouterr().err


def test_inputs_are_compared_with_the_variables_of_the_module(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": "inputs = { a = 1, z = 2 }",
        "variables.tf": """
            variable "a" {
              # for the comment
              type = number
            }
            variable "b" {
              type = number
            }
            variable "c" {
              default = 1
            }
        """,
    }
    write(tmp_path, files)
    found = hcl_commands.inputs_mismatch(tmp_path / "terragrunt.hcl", tmp_path, reader())
    assert found == (["b"], ["z"])


def test_an_error_is_one_line_with_exit_code_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"terragrunt.hcl": "colour = 1\n"})
    assert main(["plan", "--working-dir", str(tmp_path)], {}) == 1
    error = capsys.readouterr().err
    assert f"{tmp_path / 'terragrunt.hcl'}:1: there is no attribute 'colour'" in error
    assert "Traceback" not in error


def test_a_folder_without_a_unit_is_an_error_with_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--working-dir", str(tmp_path)], {}) == 1
    assert "add --all" in capsys.readouterr().err


def test_help_names_every_command_and_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"], {}) == 0
    text = capsys.readouterr().out
    for word in ("run", "hcl fmt", "backend bootstrap", "--queue-include-dir", "--filter"):
        assert word in text
