from __future__ import annotations

import pytest
from terragrunt_runner.cli.command_line import parse
from terragrunt_runner.errors import UsageError


@pytest.mark.parametrize(
    ("argv", "command", "terraform", "options"),
    [
        (["plan"], ("run",), ("plan",), {}),
        (["run", "--all", "plan", "-no-color"], ("run",), ("plan", "-no-color"), {"all": True}),
        (["run", "--all", "--", "plan", "--x"], ("run",), ("plan", "--x"), {"all": True}),
        (["--working-dir", "a", "apply"], ("run",), ("apply",), {"working_dir": "a"}),
        (["apply", "--working-dir=a"], ("run",), ("apply",), {"working_dir": "a"}),
        (["apply", "--terragrunt-working-dir", "a"], ("run",), ("apply",), {"working_dir": "a"}),
        (["apply", "--auto-approve"], ("run",), ("apply", "--auto-approve"), {}),
        (["output", "--json"], ("run",), ("output", "--json"), {}),
        (["find", "--json"], ("find",), (), {"json": True}),
        (["list", "-l"], ("list",), (), {"long": True}),
        (["run", "-a", "plan"], ("run",), ("plan",), {"all": True}),
        (["run-all", "apply"], ("run",), ("apply",), {"all": True}),
        (["graph", "apply"], ("run",), ("apply",), {"graph": True}),
        (["graph-dependencies"], ("dag", "graph"), (), {}),
        (["hclfmt", "--terragrunt-check"], ("hcl", "fmt"), (), {"check": True}),
        (["validate-inputs"], ("hcl", "validate"), (), {"inputs": True}),
        (["render-json"], ("render",), (), {"json": True, "write": True}),
        (["run", "--", "workspace", "list"], ("run",), ("workspace", "list"), {}),
        (["state", "list"], ("run",), ("state", "list"), {}),
        (["run", "--feature", "a=1,2", "plan"], ("run",), ("plan",), {"feature": ("a=1,2",)}),
        (
            ["run", "--queue-include-dir", "a,b", "--queue-include-dir", "c", "plan"],
            ("run",),
            ("plan",),
            {"queue_include_dir": ("a", "b", "c")},
        ),
        (["run", "--no-color=false", "plan"], ("run",), ("plan",), {"no_color": False}),
        (["backend", "bootstrap", "--all"], ("backend", "bootstrap"), (), {"all": True}),
        (["exec", "--", "env", "-i"], ("exec",), ("env", "-i"), {}),
        (["--version"], ("version",), (), {"version": True}),
        ([], ("help",), (), {}),
    ],
)
def test_a_command_line_is_parsed(
    argv: list[str],
    command: tuple[str, ...],
    terraform: tuple[str, ...],
    options: dict[str, object],
) -> None:
    found = parse(argv, {})
    assert (found.command, found.terraform, dict(found.options)) == (command, terraform, options)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["workspace", "list"], "unknown command: 'workspace'"),
        (["pln"], "unknown command: 'pln'"),
        (["plan", "--frobnicate"], "unknown flag --frobnicate"),
        (["run"], "needs a Terraform command"),
        (["run", "pln"], "no command 'pln'"),
        (["plan", "--working-dir"], "needs a value"),
        (["run", "--parallelism", "many", "plan"], "whole number"),
        (["run", "--all=perhaps", "plan"], "true or false"),
        (["stack", "run"], "not supported"),
        (["hcl", "dance"], "takes one of"),
        (["find", "all"], "does not take 'all'"),
    ],
)
def test_unknown_commands_flags_and_values_are_refused(argv: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse(argv, {})


def test_flags_of_the_command_line_win_over_the_environment() -> None:
    environment = {
        "TG_PARALLELISM": "2",
        "TERRAGRUNT_NON_INTERACTIVE": "true",
        "TERRAGRUNT_AUTO_INIT": "false",
        "TG_QUEUE_EXCLUDE_DIR": "a,b",
        "TG_FEATURE": "x=1,y=2",
    }
    found = parse(["run", "--parallelism", "3", "plan"], environment)
    assert found.number("parallelism") == 3
    assert found.switch("non_interactive")
    assert found.switch("no_auto_init")
    assert found.items("queue_exclude_dir") == ("a", "b")
    assert found.items("feature") == ("x=1", "y=2")


def test_a_deprecated_command_works_with_a_notice() -> None:
    assert "Use `terragrunt run --all` instead" in parse(["run-all", "plan"], {}).notices[0]
