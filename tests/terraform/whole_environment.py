"""A whole environment in one root module, applied with a mock provider.

The runner reads each unit's inputs, with references to the other modules instead of outputs of
dependencies. So the modules are connected as in ``live/_envcommon``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terragrunt_runner import UnitReader

from terrarium.settings import DOCUMENTS, MODULES, ROOT, Environment
from tests.terraform.command import terraform

MOCKS = Path(__file__).parent / "mocks"

_TEST = """\
mock_provider "aws" {
  source = "./mocks"
}

run "apply" {}
"""


@dataclass(frozen=True, slots=True)
class Resource:
    """One instance in the state."""

    unit: str
    address: str
    type: str
    values: Mapping[str, Any]


def apply(environment: Environment, folder: Path) -> list[Resource]:
    """Return every resource of the environment. Fails the test if Terraform fails."""
    modules = {unit: _call(environment, unit) for unit in environment.units}
    providers = {"aws": {"source": "hashicorp/aws"}}
    root = {"terraform": {"required_providers": providers}, "module": modules}
    (folder / "main.tf.json").write_text(json.dumps(root), "utf-8")
    (folder / "whole.tftest.hcl").write_text(_TEST, "utf-8")
    (folder / "lambda.zip").touch()
    shutil.copyfile(ROOT / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
    shutil.copytree(DOCUMENTS, folder / "documents")
    shutil.copytree(MOCKS, folder / "mocks")

    terraform(folder, "init", "-backend=false", "-input=false", "-no-color")
    output = terraform(folder, "test", "-json", "-verbose")
    messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    state = next(found["test_state"] for found in messages if found["type"] == "test_state")
    return [
        Resource(module["address"].removeprefix("module."), each["address"], each["type"], values)
        for module in state["root_module"]["child_modules"]
        for each in module["resources"]
        if each["mode"] == "managed"
        for values in [each["values"]]
    ]


def _call(environment: Environment, unit: str) -> dict[str, Any]:
    reader, folder = UnitReader({}), environment.unit(unit)
    references = {
        dependency.name: {
            output: f"${{module.{dependency.folder.name}.{output}}}"
            for output in dependency.mock_outputs
        }
        for dependency in reader.dependencies(folder)
    }
    return {"source": str(MODULES / unit), **reader.inputs(folder, references)}
