"""Permissions and triggers of the GitHub workflows, which are read and not run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from terrarium import settings
from tests.contract.test_commands import ARGUMENTS, flags

FOLDER = settings.ROOT / ".github"
FILES = sorted([*FOLDER.glob("workflows/*.yml"), *FOLDER.glob("actions/*/action.yml")])
WORKFLOWS = sorted(FOLDER.glob("workflows/*.yml"))
ACCESS = "./.github/actions/aws-access"
TRUSTED = {"actions/checkout", "actions/setup-python", "aws-actions/configure-aws-credentials"}
ENVIRONMENTS = list(settings.environments())
COMMAND = re.compile(r"\./inv ([a-z-]+)([^>|\n]*)")


def read(file: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


DEPLOY: dict[str, Any] = read(FOLDER / "workflows" / "deploy.yml")["jobs"]
APPLY = {name: job for name, job in DEPLOY.items() if name.startswith("apply-")}


def steps(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every step of a workflow or of a composite action."""
    parts = [content["runs"]] if "runs" in content else content["jobs"].values()
    for part in parts:
        yield from part["steps"]


def access(job: dict[str, Any]) -> dict[str, Any] | None:
    """Return the inputs of a job's step with the access action, None if it has none."""
    return next((step["with"] for step in job["steps"] if step.get("uses") == ACCESS), None)


def commands(job: dict[str, Any]) -> list[str]:
    return [match[1] for step in job["steps"] for match in COMMAND.finditer(step.get("run", ""))]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_only_a_job_that_assumes_a_role_has_more_than_read_permission(file: Any) -> None:
    content = read(file)
    assert content["permissions"] == {"contents": "read"}
    for job in content["jobs"].values():
        token = {} if access(job) is None else {"id-token": "write"}
        assert job.get("permissions", {"contents": "read"}) == {"contents": "read"} | token


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.parent.name + "/" + f.name)
def test_only_actions_of_github_and_aws_can_see_a_token(file: Any) -> None:
    used = {str(step["uses"]) for step in steps(read(file)) if "uses" in step} - {ACCESS}
    if file.name in ("ci.yml", "nightly.yml"):  # their jobs have no token for AWS
        used = {action for action in used if not action.startswith("hashicorp/")}
    assert {action.split("@")[0] for action in used} <= TRUSTED
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.parent.name + "/" + f.name)
def test_no_expression_becomes_part_of_a_script(file: Any) -> None:
    assert [step["run"] for step in steps(read(file)) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.parent.name + "/" + f.name)
def test_the_commands_of_a_workflow_exist_with_their_flags(file: Any) -> None:
    for step in steps(read(file)):
        for task, rest in COMMAND.findall(step.get("run", "")):
            assert task in ARGUMENTS
            assert {word for word in rest.split() if word.startswith("-")} <= flags(task)


def test_a_pull_request_of_this_repository_is_planned_in_every_environment() -> None:
    job = DEPLOY["plan"]
    assert job["strategy"]["matrix"] == {"environment": ENVIRONMENTS}
    assert "github.event_name == 'pull_request'" in job["if"]
    assert "head.repo.full_name == github.repository" in job["if"]
    assert access(job) == {"environment": "${{ matrix.environment }}", "role": "plan"}
    assert "environment" not in job  # an environment changes the subject of the token
    assert commands(job) == ["plan"]


def test_only_main_is_applied_and_each_environment_has_a_job() -> None:
    assert sorted(APPLY) == [f"apply-{name}" for name in sorted(ENVIRONMENTS)]
    assert set(DEPLOY) == {"plan", *APPLY}
    for name, job in APPLY.items():
        environment = name.removeprefix("apply-")
        assert job["environment"] == environment
        assert access(job) == {"environment": environment, "role": "apply"}
        assert "github.event_name == 'push' && github.ref == 'refs/heads/main'" in job["if"]
        assert commands(job) == ["apply", "smoke"]


def test_prod_comes_after_dev() -> None:
    assert APPLY["apply-prod"]["needs"] == "apply-dev"
    assert "always()" not in APPLY["apply-prod"]["if"]


def test_applies_of_an_environment_run_one_at_a_time_and_are_not_cancelled() -> None:
    groups = {job["concurrency"]["group"] for job in APPLY.values()}
    assert groups == set(APPLY)
    assert not any(job["concurrency"]["cancel-in-progress"] for job in DEPLOY.values())
    assert "matrix.environment" in DEPLOY["plan"]["concurrency"]["group"]


def test_nothing_runs_before_the_repository_enables_it() -> None:
    assert all("vars.DEPLOY_TO_AWS == 'true'" in job["if"] for job in DEPLOY.values())
