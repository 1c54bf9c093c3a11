from __future__ import annotations

from pathlib import Path

import pytest
from terragrunt_runner.errors import ConfigurationError, CycleError, UsageError
from terragrunt_runner.tree import listing
from terragrunt_runner.tree.discovery import Tree, discover
from terragrunt_runner.tree.filters import Filters
from terragrunt_runner.tree.listing import ListingOptions
from terragrunt_runner.tree.run_queue import UnitSelection, build
from terragrunt_runner_tests.tree import reader, write


def unit(*needs: str, more: str = "") -> str:
    paths = ", ".join(f'"../{need}"' for need in needs)
    block = f"dependencies {{\n  paths = [{paths}]\n}}\n" if needs else ""
    return f'terraform {{\n  source = "."\n}}\n{block}{more}\n'


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    files = {
        "a/terragrunt.hcl": unit(),
        "b/terragrunt.hcl": unit("a"),
        "c/terragrunt.hcl": unit("b"),
        "d/terragrunt.hcl": unit(),
        "a/.terragrunt-cache/x/terragrunt.hcl": "not = a unit",
        ".hidden/terragrunt.hcl": "not = a unit",
    }
    return discover(write(tmp_path, files), reader())


def names(tree: Tree, units: object) -> list[str]:
    return sorted(tree.name(found) for found in units)  # type: ignore[attr-defined]


def test_units_are_found_below_the_folder_but_not_in_caches(tree: Tree) -> None:
    assert names(tree, tree.units) == ["a", "b", "c", "d"]


def test_a_cycle_is_refused_with_its_units(tmp_path: Path) -> None:
    write(tmp_path, {"a/terragrunt.hcl": unit("b"), "b/terragrunt.hcl": unit("a")})
    with pytest.raises(CycleError, match="a -> b -> a"):
        discover(tmp_path, reader())


def test_a_stack_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"terragrunt.stack.hcl": ""})
    with pytest.raises(ConfigurationError, match="stack files are not supported"):
        discover(tmp_path, reader())


def test_an_included_file_is_not_a_unit(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": 'locals {\n  x = find_in_parent_folders("terragrunt.hcl")\n}',
        "a/terragrunt.hcl": 'include "r" {\n  path = find_in_parent_folders()\n}\n' + unit(),
    }
    tree = discover(write(tmp_path, files), reader())
    assert names(tree, tree.units) == ["a"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (UnitSelection(), ["a", "b", "c", "d"]),
        (UnitSelection(include=("b",)), ["a", "b"]),
        (UnitSelection(include=("b",), strict_include=True), ["b"]),
        (UnitSelection(exclude=("b", "d")), ["a", "c"]),
        (UnitSelection(filters=("b",)), ["b"]),
        (UnitSelection(filters=("./b",)), ["b"]),
        (UnitSelection(filters=("b...",)), ["a", "b"]),
        (UnitSelection(filters=("...b",)), ["b", "c"]),
        (UnitSelection(filters=("...^b",)), ["c"]),
        (UnitSelection(filters=("...b...",)), ["a", "b", "c"]),
        (UnitSelection(filters=("c1...",)), []),
        (UnitSelection(filters=("!d",)), ["a", "b", "c"]),
        (UnitSelection(filters=("./* | !name=a",)), ["b", "c", "d"]),
        (UnitSelection(filters=("a", "d")), ["a", "d"]),
        (UnitSelection(filters=("./**", "!...b")), ["a", "d"]),
    ],
)
def test_flags_select_units(tree: Tree, selection: UnitSelection, expected: list[str]) -> None:
    assert names(tree, build(tree, "plan", selection).units) == expected


def test_a_git_filter_is_refused(tree: Tree) -> None:
    with pytest.raises(UsageError, match="git expressions are not supported"):
        Filters(tree).select(["[main...HEAD]"])


def test_a_destroy_runs_dependents_first_and_leaves_out_protected_units(tmp_path: Path) -> None:
    files = {
        "a/terragrunt.hcl": unit(),
        "b/terragrunt.hcl": unit("a", more="prevent_destroy = true"),
        "c/terragrunt.hcl": unit("b"),
        "d/terragrunt.hcl": unit("c"),
    }
    tree = discover(write(tmp_path, files), reader())
    queue = build(tree, "destroy", UnitSelection(), destroy=True)
    assert {tree.name(u): names(tree, needs) for u, needs in queue.edges.items()} == {
        "c": ["d"],
        "d": [],
    }


def test_an_exclude_block_excludes_its_unit_from_actions(tmp_path: Path) -> None:
    exclude = 'exclude {\n  if = true\n  actions = ["apply"]\n  exclude_dependencies = true\n}'
    files = {
        "a/terragrunt.hcl": unit(),
        "b/terragrunt.hcl": unit("a", more=exclude),
        "c/terragrunt.hcl": unit("b"),
    }
    tree = discover(write(tmp_path, files), reader())
    queue = build(tree, "apply", UnitSelection())
    assert names(tree, queue.units) == ["c"]
    assert set(queue.excluded.values()) == {"exclude block"}
    assert names(tree, build(tree, "plan", UnitSelection()).units) == ["a", "b", "c"]


def test_dependencies_outside_the_folder_are_known_but_not_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"live/a/terragrunt.hcl": unit("../base"), "base/terragrunt.hcl": unit()},
    )
    tree = discover(tmp_path / "live", reader())
    assert names(tree, tree.external) == ["../base"]
    assert names(tree, build(tree, "plan", UnitSelection()).units) == ["a"]
    assert names(tree, build(tree, "plan", UnitSelection(include_external=True)).units) == [
        "../base",
        "a",
    ]


def test_units_are_listed_in_dependency_order(tree: Tree) -> None:
    options = ListingOptions(dag=True, dependencies=True)
    assert listing.records(tree, options) == [
        {"type": "unit", "path": "a"},
        {"type": "unit", "path": "d"},
        {"type": "unit", "path": "b", "dependencies": ["a"]},
        {"type": "unit", "path": "c", "dependencies": ["b"]},
    ]
    assert listing.text(tree, options, "tree").splitlines() == [
        ".",
        "├── a",
        "│   ╰── b",
        "│       ╰── c",
        "╰── d",
    ]


def test_the_graph_is_written_in_graphviz_language(tree: Tree) -> None:
    assert '\t"b" -> "a";' in listing.dot(tree).splitlines()
