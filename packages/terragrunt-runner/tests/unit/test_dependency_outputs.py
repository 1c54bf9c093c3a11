from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner.language.serialise import from_typed_json
from terragrunt_runner.language.values import Map, Set
from terragrunt_runner.run.iam_role import Roles
from terragrunt_runner.state.dependency_outputs import DependencyOutputs
from terragrunt_runner.state.s3_backend import S3States, assume_role_arguments, state_key
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
    """Return ``dependency.network`` for a state with these outputs."""
    write(root, {"network/terragrunt.hcl": "", "app/terragrunt.hcl": APP % block})
    made = reader(command=command)

    def terraform_output(_unit: Path) -> dict[str, Any]:
        return {name: {"value": value} for name, value in (state or {}).items()}

    outputs = DependencyOutputs(made, S3States({}), Roles({}), terraform_output, command)
    found = outputs.of(made.outline(root / "app/terragrunt.hcl"))["network"]
    assert isinstance(found, dict)
    return found


def test_real_outputs_win_over_mocks(tmp_path: Path) -> None:
    assert outputs_of(tmp_path, MOCKS, {"vpc_id": "real"}) == {"outputs": {"vpc_id": "real"}}


def test_mocks_are_used_without_outputs(tmp_path: Path) -> None:
    found = outputs_of(tmp_path, MOCKS, None)
    assert found["outputs"]["vpc_id"] == "mock"


def test_the_shallow_strategy_adds_missing_outputs(tmp_path: Path) -> None:
    block = MOCKS + 'mock_outputs_merge_strategy_with_state = "shallow"'
    found = outputs_of(tmp_path, block, {"zones": {"a": "real"}})
    assert found["outputs"] == {"vpc_id": "mock", "zones": {"a": "real"}}


def test_the_deep_strategy_adds_missing_keys(tmp_path: Path) -> None:
    block = MOCKS + 'mock_outputs_merge_strategy_with_state = "deep_map_only"'
    found = outputs_of(tmp_path, block, {"zones": {"a": "real"}})
    assert found["outputs"]["zones"] == {"a": "real", "b": "mock-b"}


def test_missing_outputs_are_an_error_with_a_hint(tmp_path: Path) -> None:
    block = MOCKS + 'mock_outputs_allowed_terraform_commands = ["plan"]'
    with pytest.raises(ConfigurationError) as caught:
        outputs_of(tmp_path, block, None, "apply")
    assert (caught.value.file, caught.value.line) == (tmp_path / "app/terragrunt.hcl", 2)
    for part in (str(tmp_path / "app"), "'network'", "not allowed for apply"):
        assert part in caught.value.message
    assert caught.value.hint is not None
    assert "apply it first" in caught.value.hint


def test_mocks_add_nothing_for_a_command_that_is_not_allowed(tmp_path: Path) -> None:
    block = (
        MOCKS
        + 'mock_outputs_allowed_terraform_commands = ["plan"]\n'
        + 'mock_outputs_merge_strategy_with_state = "shallow"'
    )
    assert outputs_of(tmp_path, block, {"a": 1}, "apply") == {"outputs": {"a": 1}}


def test_skipped_outputs_are_mocks_and_disabled_dependencies_may_have_none(tmp_path: Path) -> None:
    state = {"vpc_id": "real"}
    assert outputs_of(tmp_path, MOCKS + "skip_outputs = true", state)["outputs"]["vpc_id"] == "mock"
    assert outputs_of(tmp_path, "enabled = false", state) == {}


def test_an_output_keeps_its_type() -> None:
    assert isinstance(from_typed_json(["b", "a"], ["set", "string"]), Set)
    assert from_typed_json(["b", "a"], ["set", "string"]) == ("a", "b")
    assert isinstance(from_typed_json({"a": 1}, ["map", "number"]), Map)
    assert from_typed_json({"a": 1.5}, ["object", {"a": "number"}]) == from_typed_json(
        {"a": 1.5}, None
    )


def test_a_workspace_has_a_separate_state() -> None:
    config = {"key": "a/terraform.tfstate"}
    assert state_key(config, {}) == "a/terraform.tfstate"
    assert state_key(config, {"TF_WORKSPACE": "blue"}) == "env:/blue/a/terraform.tfstate"


def test_backend_settings_select_endpoint_and_role() -> None:
    keys = {"access_key": "a", "secret_key": "s"}
    config = {"region": "eu-west-1", "endpoints": {"s3": "http://s3"}, "use_path_style": True}
    client = S3States({}).client(config | keys)
    assert client.meta.endpoint_url == "http://s3"
    configuration: Any = client.meta.config
    assert configuration.s3 == {"addressing_style": "path"}
    role = {"role_arn": "arn:aws:iam::1:role/x", "session_name": "me"}
    arguments = {"RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "me"}
    assert assume_role_arguments({"assume_role": role}) == arguments
    assert assume_role_arguments(role) == arguments
    assert assume_role_arguments(config) == {}
