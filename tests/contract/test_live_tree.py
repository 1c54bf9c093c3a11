"""The files of the live tree agree with each other and with the modules; nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

from terrarium.settings import LIVE, ROOT, Environment, environments

COMMON = sorted((LIVE / "_envcommon").glob("*.hcl"))
UNITS = sorted(
    path for env in environments().values() for path in env.path.glob("*/terragrunt.hcl")
)
CHANGING_COMMANDS = {"apply", "destroy", "refresh", "import"}
MOCK_NUMBER = 404
"""The mock of a number, which cannot contain the word."""

common_files = pytest.mark.parametrize("file", COMMON, ids=lambda f: f.stem)
depending_files = pytest.mark.parametrize(
    "file",
    [file for file in (*COMMON, *UNITS) if 'dependency "' in file.read_text("utf-8")],
    ids=lambda f: str(f.relative_to(LIVE)),
)


def _plain(value: Any) -> Any:
    """Return python-hcl2's tree without the quotes around strings and without its internal keys."""
    if isinstance(value, dict):
        return {_plain(k): _plain(v) for k, v in value.items() if not k.startswith("__")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value


@cache
def _read(file: Path) -> dict[str, Any]:
    tree: dict[str, Any] = _plain(hcl2.loads(file.read_text("utf-8")))
    return tree


def _labelled(file: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return the blocks of one kind by their label."""
    return {name: body for block in _read(file).get(kind, []) for name, body in block.items()}


def _module(common: Path) -> Path:
    source = str(_read(common)["terraform"][0]["source"])
    return ROOT / "modules" / source.split("/modules//", 1)[1]


def _outputs(dependency: dict[str, Any]) -> set[str]:
    """Return the outputs of the unit that a dependency points to."""
    unit = str(dependency["config_path"]).rsplit("/", 1)[1]
    return set(_labelled(_module(LIVE / "_envcommon" / f"{unit}.hcl") / "outputs.tf", "output"))


@depending_files
def test_mocks_are_exactly_the_used_outputs(file: Path) -> None:
    for name, dependency in _labelled(file, "dependency").items():
        used = set(re.findall(rf"dependency\.{name}\.outputs\.(\w+)", file.read_text("utf-8")))

        assert set(dependency["mock_outputs"]) == used
        assert used <= _outputs(dependency)


@depending_files
def test_a_mock_is_recognizable(file: Path) -> None:
    for dependency in _labelled(file, "dependency").values():
        for value in dependency["mock_outputs"].values():
            items = value if isinstance(value, list) else [value]
            assert all(item == MOCK_NUMBER or "mock" in str(item) for item in items)


@depending_files
def test_mocks_are_not_used_by_commands_that_change_something(file: Path) -> None:
    for dependency in _labelled(file, "dependency").values():
        allowed = set(dependency["mock_outputs_allowed_terraform_commands"])

        assert {"init", "validate", "plan"} <= allowed
        assert not allowed & CHANGING_COMMANDS
        assert dependency["mock_outputs_merge_strategy_with_state"] == "shallow"


@common_files
def test_inputs_are_variables_of_the_module_and_cover_the_required_ones(file: Path) -> None:
    variables = _labelled(_module(file) / "variables.tf", "variable")
    required = {name for name, body in variables.items() if "default" not in body}
    inputs = set(_read(file)["inputs"])

    assert inputs <= set(variables)
    assert required <= inputs


@pytest.mark.parametrize("file", UNITS, ids=lambda f: str(f.parent.relative_to(LIVE)))
def test_a_unit_includes_the_root_and_the_common_file_of_its_name(file: Path) -> None:
    includes = _labelled(file, "include")

    assert set(includes) == {"root", "common"}
    assert includes["root"]["path"] == '${find_in_parent_folders("terragrunt.hcl")}'
    assert includes["common"]["path"].endswith(f"/live/_envcommon/{file.parent.name}.hcl")


@pytest.mark.parametrize("file", UNITS, ids=lambda f: str(f.parent.relative_to(LIVE)))
def test_inputs_in_a_unit_are_variables_of_its_module(file: Path) -> None:
    common = LIVE / "_envcommon" / f"{file.parent.name}.hcl"
    variables = _labelled(_module(common) / "variables.tf", "variable")

    assert set(_read(file).get("inputs", {})) <= set(variables)


def _left_out(env: Environment) -> dict[str, str]:
    """Return the units in ``units-left-out.txt`` of an environment, with their reasons."""
    file = env.path / "units-left-out.txt"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    pairs = [line.partition(":") for line in lines if line.strip()]
    return {unit.strip(): reason.strip() for unit, _, reason in pairs}


def _inconsistencies(known: Iterable[Environment]) -> list[str]:
    """Return units that are missing without a reason, or present although left out."""
    every = {unit for env in known for unit in env.units}
    found = []
    for env in known:
        excused = {unit for unit, reason in _left_out(env).items() if reason}
        found += [f"{env.name} lacks {unit}" for unit in every - set(env.units) - excused]
        found += [f"{env.name} has {unit}" for unit in set(env.units) & excused]
    return sorted(found)


def test_every_environment_has_the_same_units_or_gives_a_reason() -> None:
    assert _inconsistencies(environments().values()) == []


def test_a_missing_unit_needs_a_reason(tmp_path: Path) -> None:
    for env, units in {"dev": ["network", "storage"], "lab": ["network"]}.items():
        for unit in units:
            (tmp_path / env / unit).mkdir(parents=True)
            (tmp_path / env / unit / "terragrunt.hcl").touch()
        (tmp_path / env / "env.hcl").touch()
    known = environments(tmp_path).values()
    assert _inconsistencies(known) == ["lab lacks storage"]
    (tmp_path / "lab" / "units-left-out.txt").write_text("storage:\n")
    assert _inconsistencies(known) == ["lab lacks storage"]
    (tmp_path / "lab" / "units-left-out.txt").write_text("storage: the lab serves nothing\n")
    assert _inconsistencies(known) == []


def test_every_environment_has_the_same_settings() -> None:
    known = environments().values()

    assert len({frozenset(_read(env.path / "env.hcl")["locals"][0]) for env in known}) == 1


def test_every_common_file_belongs_to_a_unit_and_every_module_to_a_common_file() -> None:
    units = {file.parent.name for file in UNITS}
    modules = {path.parent for path in (ROOT / "modules").glob("*/main.tf")}

    assert {file.stem for file in COMMON} == units
    assert {_module(file) for file in COMMON} == modules


def test_an_environment_is_named_after_its_folder() -> None:
    for name, env in environments().items():
        assert _read(env.path / "env.hcl")["locals"][0]["environment"] == name
