from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.serialise import from_typed_json
from terragrunt_runner.language.values import Map, Set
from terragrunt_runner.run.iam_role import Roles
from terragrunt_runner.state.dependency_outputs import DependencyOutputs
from terragrunt_runner.state.s3_backend import S3States, state_key, target_of
from terragrunt_runner_tests.tree import reader, write

APP = """
dependency "network" {
  config_path = "../network"
  %s
}
"""
MOCKS = 'mock_outputs = { vpc_id = "mock", zones = { a = "mock-a", b = "mock-b" } }\n'


def outputs_of(
    root: Path, block: str, state: dict[str, Any] | None, command: str = "plan"
) -> dict[str, Any]:
    """What ``dependency.network`` is, if the state of network holds these outputs."""
    write(root, {"network/terragrunt.hcl": "", "app/terragrunt.hcl": APP % block})
    made = reader(command=command)

    def terraform_output(_unit: Path) -> dict[str, Any]:
        return {name: {"value": value} for name, value in (state or {}).items()}

    outputs = DependencyOutputs(made, S3States({}), Roles({}), terraform_output, command)
    found = outputs.of(made.outline(root / "app/terragrunt.hcl"))["network"]
    assert isinstance(found, dict)
    return found


def test_outputs_that_exist_win_over_mocks(tmp_path: Path) -> None:
    assert outputs_of(tmp_path, MOCKS, {"vpc_id": "real"}) == {"outputs": {"vpc_id": "real"}}


def test_mocks_stand_in_where_there_are_no_outputs(tmp_path: Path) -> None:
    found = outputs_of(tmp_path, MOCKS, None)
    assert found["outputs"]["vpc_id"] == "mock"


def test_a_shallow_strategy_fills_the_outputs_that_are_missing(tmp_path: Path) -> None:
    block = MOCKS + 'mock_outputs_merge_strategy_with_state = "shallow"'
    found = outputs_of(tmp_path, block, {"zones": {"a": "real"}})
    assert found["outputs"] == {"vpc_id": "mock", "zones": {"a": "real"}}


def test_a_deep_strategy_fills_the_keys_that_are_missing(tmp_path: Path) -> None:
    block = MOCKS + 'mock_outputs_merge_strategy_with_state = "deep_map_only"'
    found = outputs_of(tmp_path, block, {"zones": {"a": "real"}})
    assert found["outputs"]["zones"] == {"a": "real", "b": "mock-b"}


def test_without_outputs_and_allowed_mocks_the_error_says_what_to_do(tmp_path: Path) -> None:
    block = MOCKS + 'mock_outputs_allowed_terraform_commands = ["plan"]'
    with pytest.raises(ConfigurationError) as caught:
        outputs_of(tmp_path, block, None, "apply")
    assert (caught.value.file, caught.value.line) == (tmp_path / "app/terragrunt.hcl", 2)
    for part in (str(tmp_path / "app"), "'network'", "not allowed for apply"):
        assert part in caught.value.message
    assert caught.value.hint is not None
    assert "apply it first" in caught.value.hint


def test_mocks_of_a_command_that_is_not_listed_do_not_fill_gaps_either(tmp_path: Path) -> None:
    block = (
        MOCKS
        + 'mock_outputs_allowed_terraform_commands = ["plan"]\n'
        + 'mock_outputs_merge_strategy_with_state = "shallow"'
    )
    assert outputs_of(tmp_path, block, {"a": 1}, "apply") == {"outputs": {"a": 1}}


def test_skipped_outputs_are_always_mocks_and_disabled_ones_may_be_absent(tmp_path: Path) -> None:
    state = {"vpc_id": "real"}
    assert outputs_of(tmp_path, MOCKS + "skip_outputs = true", state)["outputs"]["vpc_id"] == "mock"
    assert outputs_of(tmp_path, "enabled = false", state) == {}


def test_a_value_of_a_state_keeps_its_type() -> None:
    assert isinstance(from_typed_json(["b", "a"], ["set", "string"]), Set)
    assert from_typed_json(["b", "a"], ["set", "string"]) == ("a", "b")
    assert isinstance(from_typed_json({"a": 1}, ["map", "number"]), Map)
    assert from_typed_json({"a": 1.5}, ["object", {"a": "number"}]) == from_typed_json(
        {"a": 1.5}, None
    )


def test_a_workspace_has_its_own_state() -> None:
    config = {"key": "a/terraform.tfstate"}
    assert state_key(config, {}) == "a/terraform.tfstate"
    assert state_key(config, {"TF_WORKSPACE": "blue"}) == "env:/blue/a/terraform.tfstate"


def test_settings_of_the_backend_say_where_and_as_whom() -> None:
    target = target_of(
        {
            "region": "eu-west-1",
            "endpoints": {"s3": "http://s3", "sts": "http://sts"},
            "assume_role": {"role_arn": "arn:aws:iam::1:role/x", "session_name": "me"},
            "use_path_style": True,
        }
    )
    assert (target.endpoint, target.sts_endpoint, target.path_style) == (
        "http://s3",
        "http://sts",
        True,
    )
    assert dict(target.role) == {"RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "me"}
