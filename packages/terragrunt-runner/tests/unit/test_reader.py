from __future__ import annotations

from pathlib import Path

import pytest
from terragrunt_runner.errors import ConfigurationError
from terragrunt_runner_tests.tree import inputs, reader, write

ROOT = """
    locals {
      name = path_relative_to_include()
    }
    inputs = {
      unit   = local.name
      shared = "root"
      tags   = { from = "root", root = true }
    }
"""


def test_an_included_file_is_evaluated_as_part_of_the_unit(tmp_path: Path) -> None:
    files = {
        "root.hcl": ROOT,
        "dev/app/terragrunt.hcl": """
            include "root" {
              path = find_in_parent_folders("root.hcl")
            }
            inputs = { dir = get_terragrunt_dir(), parent = get_parent_terragrunt_dir() }
        """,
    }
    assert inputs(write(tmp_path, files), "dev/app") == {
        "unit": "dev/app",
        "shared": "root",
        "tags": {"from": "root", "root": True},
        "dir": str(tmp_path / "dev/app"),
        "parent": str(tmp_path),
    }


def test_in_a_shallow_include_the_keys_of_the_unit_win(tmp_path: Path) -> None:
    files = {
        "root.hcl": ROOT,
        "app/terragrunt.hcl": """
            include "root" { path = find_in_parent_folders("root.hcl") }
            inputs = { shared = "unit", tags = { from = "unit" } }
        """.replace("{ path", "{\n path").replace('hcl") }', 'hcl")\n}'),
    }
    found = inputs(write(tmp_path, files), "app")
    assert found["shared"] == "unit"
    assert found["tags"] == {"from": "unit"}


def test_a_deep_include_merges_objects_and_joins_lists(tmp_path: Path) -> None:
    files = {
        "root.hcl": 'inputs = { tags = { a = 1, b = 1 }, zones = ["x"] }',
        "app/terragrunt.hcl": """
            include "root" {
              path           = find_in_parent_folders("root.hcl")
              merge_strategy = "deep"
            }
            inputs = { tags = { b = 2 }, zones = ["y"] }
        """,
    }
    assert inputs(write(tmp_path, files), "app") == {"tags": {"a": 1, "b": 2}, "zones": ("x", "y")}


def test_an_exposed_include_can_be_read_without_a_merge(tmp_path: Path) -> None:
    files = {
        "root.hcl": 'locals { a = "local" }\ninputs = { b = "input" }',
        "app/terragrunt.hcl": """
            include "root" {
              path           = find_in_parent_folders("root.hcl")
              merge_strategy = "no_merge"
              expose         = true
            }
            inputs = { got = [include.root.locals.a, include.root.inputs.b] }
        """,
    }
    assert inputs(write(tmp_path, files), "app") == {"got": ("local", "input")}


def test_locals_are_evaluated_in_the_order_of_their_references(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": """
            locals {
              c = "${local.b}c"
              b = "${local.a}b"
              a = "a"
            }
            inputs = { c = local.c }
        """
    }
    assert inputs(write(tmp_path, files), ".") == {"c": "abc"}


def test_locals_in_a_cycle_are_refused_with_the_cycle_and_its_place(tmp_path: Path) -> None:
    write(tmp_path, {"terragrunt.hcl": "locals {\n  a = local.b\n  b = local.a\n}\n"})
    with pytest.raises(ConfigurationError, match=r"local\.a -> local\.b -> local\.a") as caught:
        reader().outline(tmp_path / "terragrunt.hcl")
    assert (caught.value.file, caught.value.line) == (tmp_path / "terragrunt.hcl", 2)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('include {\n  path = "x"\n}', 1, "needs a name"),
        ('terraform {\n  sauce = "x"\n}', 2, "no attribute 'sauce'"),
        ("\nskip = true", 2, "was removed in"),
        ("colour = 1", 1, "no attribute 'colour'"),
        (
            'errors {\n  ignore "a" {\n    ignorable_errors = ["!a(?=b)"]\n  }\n}',
            3,
            "invalid pattern: invalid perl operator",
        ),
        ("\n\ncolour {}", 3, "no block 'colour'"),
        ('catalog {\n  urls = ["x"]\n}', 1, "catalogs are not supported"),
        ('stack "a" {}', 1, "stacks are not supported"),
        ("inputs = { a = local.none }", 1, "none"),
        ("inputs = { a = nofunction() }", 1, "no function named 'nofunction'"),
        ("terraform {}\nterraform {}", 2, "second block"),
        ('generate "a" {\n path = "a"\n contents = "x"\n if_exists = "maybe"\n}', 4, "one of"),
        ("inputs = {", 1, "never closed|closed|ends"),
        ('prevent_destroy = "perhaps"', 1, "bool"),
        ('dependency "a" {\n  config_path = "../none"\n}', 1, "there is no unit"),
        ('\ndependencies {\n  paths = ["../none"]\n}', 2, "there is no unit"),
    ],
)
def test_invalid_configuration_is_refused_with_file_and_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    unit = write(tmp_path, {"unit/terragrunt.hcl": text}) / "unit/terragrunt.hcl"
    made = reader()
    with pytest.raises(ConfigurationError, match=says) as caught:
        made.dependency_files(made.outline(unit))
        made.complete(unit)
    assert (caught.value.file, caught.value.line) == (unit, line)


def test_an_included_file_may_not_include_another(tmp_path: Path) -> None:
    files = {
        "other.hcl": "",
        "root.hcl": 'include "other" {\n  path = "../other.hcl"\n}\n',
        "app/terragrunt.hcl": 'include "root" {\n  path = "../root.hcl"\n}\n',
    }
    write(tmp_path, files)
    with pytest.raises(ConfigurationError, match="cannot include another") as caught:
        reader().outline(tmp_path / "app/terragrunt.hcl")
    assert caught.value.file == tmp_path / "root.hcl"


def test_read_terragrunt_config_evaluates_a_file_in_its_folder(tmp_path: Path) -> None:
    files = {
        "env.hcl": """
            locals {
              here  = get_terragrunt_dir()
              began = get_original_terragrunt_dir()
              text  = file("note.txt")
            }
        """,
        "note.txt": "hello",
        "app/terragrunt.hcl": """
            inputs = {
              env  = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
              none = read_terragrunt_config("none.hcl", { fallback = true })
            }
        """,
    }
    assert inputs(write(tmp_path, files), "app") == {
        "env": {"here": str(tmp_path), "began": str(tmp_path / "app"), "text": "hello"},
        "none": {"fallback": True},
    }


def test_an_included_file_may_use_outputs_of_dependencies(tmp_path: Path) -> None:
    files = {
        "common.hcl": """
            dependency "network" {
              config_path = "../network"
            }
            inputs = { vpc = dependency.network.outputs.vpc_id }
        """,
        "network/terragrunt.hcl": "",
        "app/terragrunt.hcl": """
            include "common" {
              path = find_in_parent_folders("common.hcl")
            }
        """,
    }
    write(tmp_path, files)
    made = reader({"network": {"vpc_id": "vpc-1"}})
    assert inputs(tmp_path, "app", made) == {"vpc": "vpc-1"}
    outline = made.outline(tmp_path / "app/terragrunt.hcl")
    assert made.dependency_files(outline) == {"../network": tmp_path / "network/terragrunt.hcl"}


def test_the_outline_of_a_unit_needs_no_outputs(tmp_path: Path) -> None:
    files = {
        "network/terragrunt.hcl": "",
        "app/terragrunt.hcl": """
            dependency "network" {
              config_path = "../network"
            }
            terraform {
              source = "./module"
            }
            inputs = { vpc = dependency.network.outputs.vpc_id }
        """,
    }
    write(tmp_path, files)
    made = reader()
    made.outputs = None
    config = made.outline(tmp_path / "app/terragrunt.hcl")
    assert config.inputs is None
    assert config.terraform is not None
    assert config.terraform.source == "./module"


def test_feature_flags_take_the_type_of_their_default(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": """
            feature "big" {
              default = false
            }
            feature "size" {
              default = 1
            }
            locals {
              size = feature.big.value ? feature.size.value : 0
            }
            inputs = { size = local.size }
        """
    }
    assert inputs(write(tmp_path, files), ".") == {"size": 0}
    made = reader(features={"big": "true", "size": "7"})
    assert inputs(tmp_path, ".", made) == {"size": 7}
    made = reader(features={"big": "perhaps"})
    with pytest.raises(ConfigurationError, match="feature 'big'"):
        made.outline(tmp_path / "terragrunt.hcl")


def test_includes_merge_hooks_and_generated_files_by_name(tmp_path: Path) -> None:
    files = {
        "root.hcl": """
            terraform {
              source = "./root-module"
              before_hook "a" {
                commands = ["plan"]
                execute  = ["root-a"]
              }
              before_hook "b" {
                commands = ["plan"]
                execute  = ["root-b"]
              }
            }
            generate "p" {
              path      = "p.tf"
              if_exists = "overwrite"
              contents  = "root"
            }
        """,
        "app/terragrunt.hcl": """
            include "root" {
              path = find_in_parent_folders("root.hcl")
            }
            terraform {
              source = "./unit-module"
              before_hook "a" {
                commands = ["plan"]
                execute  = ["unit-a"]
              }
              before_hook "c" {
                commands = ["plan"]
                execute  = ["unit-c"]
              }
            }
        """,
    }
    write(tmp_path, files)
    config = reader().complete(tmp_path / "app/terragrunt.hcl")
    assert config.terraform is not None
    assert config.terraform.source == "./unit-module"
    executed = [hook.execute[0] for hook in config.terraform.before_hooks]
    assert executed == ["unit-a", "root-b", "unit-c"]
    assert config.generate["p"].contents == "root"


def test_with_several_includes_a_function_needs_the_name(tmp_path: Path) -> None:
    files = {
        "root.hcl": "",
        "env/env.hcl": "",
        "env/app/terragrunt.hcl": """
            include "root" {
              path = find_in_parent_folders("root.hcl")
            }
            include "env" {
              path = find_in_parent_folders("env.hcl")
            }
            inputs = { a = path_relative_to_include("root"), b = path_relative_to_include("env") }
        """,
    }
    assert inputs(write(tmp_path, files), "env/app") == {"a": "env/app", "b": "app"}
    unnamed = files["env/app/terragrunt.hcl"].replace('include("root")', "include()")
    write(tmp_path, {"env/app/terragrunt.hcl": unnamed})
    with pytest.raises(ConfigurationError, match="name one of them: root, env"):
        inputs(tmp_path, "env/app")


def test_find_in_parent_folders_starts_above_the_unit(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": "",
        "app/terragrunt.hcl": """
            inputs = {
              root = find_in_parent_folders()
              none = find_in_parent_folders("no-such-file.hcl", "fallback")
            }
        """,
    }
    write(tmp_path, files)
    assert inputs(tmp_path, "app") == {"root": str(tmp_path / "terragrunt.hcl"), "none": "fallback"}


def test_run_cmd_runs_the_same_command_once(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": """
            locals {
              a = run_cmd("--terragrunt-quiet", "sh", "-c", "echo x >> count; echo done")
              b = run_cmd("--terragrunt-quiet", "sh", "-c", "echo x >> count; echo done")
            }
            inputs = { a = local.a }
        """
    }
    write(tmp_path, files)
    assert inputs(tmp_path, ".", reader(environment={"PATH": "/usr/bin:/bin"})) == {"a": "done"}
    assert (tmp_path / "count").read_text() == "x\n"


def test_get_env_without_a_default_needs_the_variable(tmp_path: Path) -> None:
    write(tmp_path, {"terragrunt.hcl": 'inputs = { a = get_env("A"), b = get_env("B", "b") }'})
    assert inputs(tmp_path, ".", reader(environment={"A": "1"})) == {"a": "1", "b": "b"}
    with pytest.raises(ConfigurationError, match="A is not set"):
        inputs(tmp_path, ".")


def test_functions_about_the_repository_use_its_git_folder(tmp_path: Path) -> None:
    files = {
        ".git/HEAD": "",
        "live/app/terragrunt.hcl": """
            inputs = {
              root = get_repo_root()
              to   = get_path_to_repo_root()
              from = get_path_from_repo_root()
            }
        """,
    }
    assert inputs(write(tmp_path, files), "live/app") == {
        "root": str(tmp_path),
        "to": "../..",
        "from": "live/app",
    }


def test_variable_files_are_read_and_version_constraints_are_checked(tmp_path: Path) -> None:
    files = {
        "a.tfvars": 'name = "x"\nsizes = [1, 2]\n',
        "terragrunt.hcl": """
            inputs = {
              vars = jsondecode(read_tfvars_file("a.tfvars"))
              new  = constraint_check("1.11.4", ">= 1.10, < 2.0")
              old  = constraint_check("1.9.0", "~> 1.10")
            }
        """,
    }
    assert inputs(write(tmp_path, files), ".") == {
        "vars": {"name": "x", "sizes": (1, 2)},
        "new": True,
        "old": False,
    }


def test_blocks_may_be_written_as_attributes(tmp_path: Path) -> None:
    files = {
        "terragrunt.hcl": """
            remote_state = {
              backend = "local"
              config  = { path = "x" }
            }
            generate = {
              p = { path = "p.tf", if_exists = "skip", contents = "text" }
            }
        """
    }
    write(tmp_path, files)
    config = reader().complete(tmp_path / "terragrunt.hcl")
    assert config.remote_state is not None
    assert (config.remote_state.backend, config.remote_state.config) == ("local", {"path": "x"})
    assert (config.generate["p"].path, config.generate["p"].if_exists) == ("p.tf", "skip")


def test_an_error_in_a_block_written_as_attribute_has_its_line(tmp_path: Path) -> None:
    write(tmp_path, {"terragrunt.hcl": '\nremote_state = {\n  backend = "s3"\n  colour = 1\n}\n'})
    with pytest.raises(ConfigurationError, match="no attribute 'colour'") as caught:
        reader().complete(tmp_path / "terragrunt.hcl")
    assert caught.value.line == 2


def test_a_file_that_reads_itself_is_refused(tmp_path: Path) -> None:
    text = 'locals {\n  me = read_terragrunt_config("terragrunt.hcl")\n}\n'
    write(tmp_path, {"terragrunt.hcl": text})
    with pytest.raises(ConfigurationError, match="in a cycle"):
        reader().complete(tmp_path / "terragrunt.hcl")


def test_get_working_dir_is_the_folder_in_the_cache(tmp_path: Path) -> None:
    files = {
        "modules/app/main.tf": "",
        "live/app/terragrunt.hcl": """
            terraform {
              source = "../../modules//app"
            }
            inputs = { dir = get_working_dir() }
        """,
    }
    found = inputs(write(tmp_path, files), "live/app")["dir"]
    assert found.startswith(str(tmp_path / "live/app/.terragrunt-cache/"))
    assert found.endswith("/app")
