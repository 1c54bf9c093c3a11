"""The modules, checked by Terraform in a copy, so that it writes nothing into the checkout."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import hcl2
import pytest

from terrarium.settings import ROOT
from tests.terraform.command import terraform

MODULES = sorted(path.parent.name for path in (ROOT / "modules").glob("*/main.tf"))

MOCKS = Path(__file__).parent / "mocks"

_PLANNED = """
mock_provider "aws" {
  source = "./mocks"
}

run "example" {
  command = plan
}
"""
_EXAMPLE = re.compile(r"^```hcl\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VALIDATION = re.compile(r"^  validation \{$", re.MULTILINE)


def _init(folder: Path) -> None:
    shutil.copyfile(ROOT / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
    terraform(folder, "init", "-backend=false", "-input=false", "-no-color")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of ``modules/`` without generated files."""
    target = tmp_path / "modules"
    shutil.copytree(
        ROOT / "modules", target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
    )
    return target


def _described(module: str, kind: str) -> dict[str, str]:
    """Return names and descriptions of a module's ``variable`` or ``output`` blocks."""
    file = ROOT / "modules" / module / f"{kind}s.tf"
    blocks = hcl2.loads(file.read_text("utf-8")).get(kind, [])
    return {
        name.strip('"'): body["description"].strip('"')
        for block in blocks
        for name, body in block.items()
    }


def _table(readme: str, heading: str) -> dict[str, str]:
    """Return the first and last column of the table below a heading of a README."""
    section = readme.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:3] == "| `"]
    return {row[0].strip("`"): row[-1] for row in rows}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_valid_and_passes_its_own_tests(module: str, copy: Path) -> None:
    _init(copy / module)

    terraform(copy / module, "validate", "-no-color")
    terraform(copy / module, "test", "-no-color")


@pytest.mark.parametrize("module", MODULES)
def test_the_example_of_a_readme_can_be_planned(module: str, copy: Path) -> None:
    readme = (copy / module / "README.md").read_text("utf-8")
    example = _EXAMPLE.search(readme)
    assert example, f"modules/{module}/README.md has no example"
    caller = copy.parent / "caller"
    (caller / "tests").mkdir(parents=True)
    (caller / "main.tf").write_text(example[1], "utf-8")
    (caller / "tests" / "example.tftest.hcl").write_text(_PLANNED, "utf-8")
    shutil.copy2(copy / module / "versions.tf", caller)
    (caller / "lambda.zip").touch()
    shutil.copytree(ROOT / "documents", caller / "documents")
    shutil.copytree(MOCKS, caller / "mocks")
    _init(caller)

    assert "1 passed, 0 failed" in terraform(caller, "test", "-no-color")


@pytest.mark.parametrize("module", MODULES)
def test_a_readme_lists_every_input_and_output_as_the_module_describes_it(module: str) -> None:
    readme = (ROOT / "modules" / module / "README.md").read_text("utf-8")

    assert _table(readme, "Inputs") == _described(module, "variable")
    assert _table(readme, "Outputs") == _described(module, "output")


@pytest.mark.parametrize("module", MODULES)
def test_every_validation_has_a_run_in_which_it_fails(module: str) -> None:
    folder = ROOT / "modules" / module
    tests = "".join(file.read_text("utf-8") for file in folder.glob("tests/*.tftest.hcl"))
    refused = re.findall(r"expect_failures = \[var\.(\w+)\]", tests)

    for block in (folder / "variables.tf").read_text("utf-8").split('variable "')[1:]:
        name = block.split('"', 1)[0]
        validations = len(_VALIDATION.findall(block))
        assert refused.count(name) >= validations, f"{module}: {name} has {validations} validations"
