from __future__ import annotations

from pathlib import Path

import pytest
from terragrunt_runner.config.model import Config, ExtraArguments, Place, TerraformBlock
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.serialise import to_json
from terragrunt_runner.run.arguments import (
    RunMode,
    extra_arguments,
    input_variables,
    is_destroy,
    terraform_arguments,
)

HERE = Place(Path("terragrunt.hcl"), 1)


def config(folder: Path = Path(), **extra: tuple[str, ...]) -> Config:
    block = ExtraArguments("e", ("plan", "apply"), HERE, **extra)  # type: ignore[arg-type]
    terraform = TerraformBlock(HERE, extra_arguments=(block,))
    return Config(folder / "terragrunt.hcl", terraform=terraform)


PLAIN = Config(Path("terragrunt.hcl"))


@pytest.mark.parametrize(
    ("words", "manner", "expected"),
    [
        (("plan",), RunMode(), ("plan",)),
        (("plan", "-out=x"), RunMode(many=True), ("plan", "-input=false", "-out=x")),
        (("apply",), RunMode(many=True), ("apply", "-input=false", "-auto-approve")),
        (("apply",), RunMode(many=True, auto_approve=False), ("apply", "-input=false")),
        (
            ("apply", "-auto-approve", "-input=true"),
            RunMode(many=True),
            ("apply", "-auto-approve", "-input=true"),
        ),
        (("apply",), RunMode(non_interactive=True), ("apply", "-input=false")),
        (("output",), RunMode(many=True, no_color=True), ("output", "-no-color")),
        (("state", "list", "-id=x"), RunMode(no_color=True), ("state", "list", "-id=x")),
    ],
)
def test_the_run_mode_adds_arguments(
    words: tuple[str, ...], manner: RunMode, expected: tuple[str, ...]
) -> None:
    assert terraform_arguments(PLAIN, words, manner) == expected


def test_extra_arguments_come_before_arguments_of_the_command_line() -> None:
    found = terraform_arguments(config(arguments=("-lock=false",)), ("plan", "-out=x"), RunMode())
    assert found == ("plan", "-lock=false", "-out=x")
    assert terraform_arguments(config(arguments=("-x",)), ("output",), RunMode()) == ("output",)


def test_only_required_variable_files_must_exist(tmp_path: Path) -> None:
    (tmp_path / "there.tfvars").touch()
    found = config(
        tmp_path,
        required_var_files=("there.tfvars",),
        optional_var_files=("none.tfvars", "there.tfvars"),
    )
    assert extra_arguments(found, "plan") == ("-var-file=there.tfvars", "-var-file=there.tfvars")
    with pytest.raises(ConfigurationError, match=r"none\.tfvars"):
        extra_arguments(config(tmp_path, required_var_files=("none.tfvars",)), "plan")


def test_a_saved_plan_takes_no_variables() -> None:
    found = config(arguments=("-var-file=a", "-var=b=1", "-lock=false"))
    assert terraform_arguments(found, ("apply", "tfplan"), RunMode()) == (
        "apply",
        "-lock=false",
        "tfplan",
    )


def test_inputs_become_variables_unless_they_are_null_or_set_already() -> None:
    inputs = {"s": "text", "n": 1, "o": {"b": (True, None)}, "gone": None, "mine": "ours"}
    assert input_variables(inputs, {"TF_VAR_mine": "theirs"}, to_json) == {
        "TF_VAR_s": "text",
        "TF_VAR_n": "1",
        "TF_VAR_o": '{"b":[true,null]}',
    }


def test_apply_with_the_destroy_flag_is_a_destroy() -> None:
    assert is_destroy(["destroy"])
    assert is_destroy(["apply", "-destroy"])
    assert not is_destroy(["apply"])
