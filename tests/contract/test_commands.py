"""The commands in README and docs exist, and the tasks are documented."""

from __future__ import annotations

import errno
import os
import re
import shlex
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.program import Program

import tasks
from terrarium import settings

PAGES = sorted([settings.ROOT / "README.md", *settings.ROOT.glob("docs/**/*.md")])
COMMANDS = Collection.from_module(tasks)
TASKS = COMMANDS.tasks
ARGUMENTS = {name: task.get_arguments() for name, task in TASKS.items()}
COMMAND = re.compile(r"(?:\./inv|\binvoke) ([a-z][a-z-]*)((?: (?:-[\w-]+|[\w./<>'-]+))*)")


SHELL = re.compile(r"(\$ )?(\./inv|invoke) ")


def flags(task: str) -> set[str]:
    own = {flag for argument in ARGUMENTS[task] for flag in _spellings(argument.names)}
    return own | {"--help"}


def _spellings(names: tuple[str, ...]) -> set[str]:
    return {f"-{name}" if len(name) == 1 else f"--{name}" for name in names}


def documented() -> list[tuple[str, str, str]]:
    """Return every command in the pages: the page, the task, and the arguments."""
    return [
        (str(page.relative_to(settings.ROOT)), match[1], match[2])
        for page in PAGES
        for line in page.read_text().splitlines()
        for code in ([line] if SHELL.match(line) else re.findall(r"`([^`]+)`", line))
        for match in COMMAND.finditer(code)
    ]


def test_commands_are_found_in_the_pages() -> None:
    assert {task for _, task, _ in documented()} >= {"up", "test", "plan", "apply", "smoke"}


@pytest.mark.parametrize(("page", "task", "rest"), documented())
def test_a_documented_command_exists_with_its_flags(page: str, task: str, rest: str) -> None:
    assert task in TASKS, f"{page} names the task {task!r}"
    named = {word for word in shlex.split(rest) if word.startswith("-")}
    assert named <= flags(task), f"{page} gives {task} a flag that it does not have"


def test_the_hooks_of_units_run_existing_tasks() -> None:
    hooks = [
        re.findall(r'"([^"]+)"', words)
        for file in (settings.LIVE / "_envcommon").glob("*.hcl")
        for words in re.findall(
            r'execute += \["\$\{local\.root\}/inv", ([^]]+)\]', file.read_text()
        )
    ]
    assert sorted(task for task, *_ in hooks) == ["build", "documents"]
    assert all({word for word in rest if word[0] == "-"} <= flags(task) for task, *rest in hooks)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_has_a_docstring_and_help_for_each_flag(name: str) -> None:
    assert (TASKS[name].__doc__ or "").strip()
    unexplained = [argument.name for argument in ARGUMENTS[name] if not argument.help]
    assert unexplained == []


@pytest.mark.parametrize("name", sorted(TASKS))
def test_help_after_a_task_is_the_help_of_that_task(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # A positional argument, such as the name for rename, would take --help as its value.
    has_positional = any(argument.positional for argument in ARGUMENTS[name])
    words = ["--help", name] if has_positional else [name, "--help"]
    Program(namespace=COMMANDS).run(["invoke", *words], exit=False)
    shown = capsys.readouterr()
    assert (f"[--core-opts] {name} " in shown.out, shown.err) == (True, "")


def test_a_task_without_its_environment_names_the_environments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Program(namespace=COMMANDS).run(["invoke", "plan"], exit=False)
    assert capsys.readouterr().err == "error --env is missing -> --env and one of: dev, prod\n"


def test_a_wait_that_is_not_a_number_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Program(namespace=COMMANDS).run(["invoke", "smoke", "--env", "dev", "--wait", "x"], exit=False)
    assert capsys.readouterr().err == (
        "error --wait 'x' is not a number of seconds -> such as 60\n"
    )


def test_a_full_disk_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "build/lambda.tmp")

    monkeypatch.setattr("terrarium.package.build", write)
    Program(namespace=COMMANDS).run(["invoke", "build"], exit=False)
    assert capsys.readouterr().err == (
        "error build/lambda.tmp: No space left on device -> "
        "make room, or make .terrarium writable; run it again\n"
    )


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_readme_names_every_task(name: str) -> None:
    readme = (settings.ROOT / "README.md").read_text()
    assert re.search(rf"(invoke|\./inv) {name}\b", readme)


def test_links_between_pages_lead_to_files() -> None:
    broken = [
        f"{page.relative_to(settings.ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (Path(page.parent) / target).exists()
    ]
    assert broken == []
