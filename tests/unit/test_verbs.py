from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from terrarium import deployment, verbs
from terrarium.deployment import Deployment
from terrarium.errors import ConfigurationError, UsageError
from terrarium.identity import Account
from terrarium.settings import Environment, environment
from terrarium.states import States
from terrarium.targets import Kind, Target


class StartedError(Exception):
    """Raised where Terragrunt would start."""


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve every environment to the requested target, without AWS."""

    def resolved(env: Environment, requested: str, **_: object) -> Deployment:
        endpoint = None if requested == "aws" else "http://127.0.0.1:9"
        account = Account("222222222222", "eu-west-1", None, is_protected=env.name == "prod")
        return Deployment(env, account, Target(Kind(requested), endpoint), {}, States(env, {}, {}))

    def run(*_: object, **__: object) -> None:
        raise StartedError

    monkeypatch.setattr(deployment, "resolve", resolved)
    monkeypatch.setattr(deployment, "run", run)
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))


def test_applying_prod_on_aws_needs_a_confirmation(resolve: None) -> None:
    with pytest.raises(UsageError, match="refusing to apply to prod on AWS") as refused:
        verbs.apply("prod", "aws", None, yes=False)
    assert refused.value.hint == "add --yes"


@pytest.mark.parametrize(
    ("env", "target", "yes"),
    [("prod", "aws", True), ("dev", "aws", False), ("prod", "local", False)],
)
def test_applying_starts_with_yes_or_for_dev_or_locally(
    resolve: None, env: str, target: str, yes: bool
) -> None:
    with pytest.raises(StartedError):
        verbs.apply(env, target, None, yes=yes)


def test_destroying_prod_needs_a_confirmation_on_every_target(resolve: None) -> None:
    for target in ("aws", "local"):
        with pytest.raises(UsageError, match="refusing to destroy prod/storage"):
            verbs.destroy("prod", target, "storage", yes=False)
    with pytest.raises(StartedError):
        verbs.destroy("prod", "local", None, yes=True)


def test_an_unknown_unit_is_refused_first(resolve: None) -> None:
    with pytest.raises(UsageError, match="unknown unit 'db'"):
        verbs.plan("dev", "local", "db")
    assert environment("dev").units


def an_environment(live: Path, region: str, project: str = '"service"') -> Environment:
    folder = live / "lab"
    folder.mkdir(parents=True)
    (live / "project.hcl").write_text(f"locals {{\n  project = {project}\n}}\n")
    (folder / "env.hcl").write_text(
        f'locals {{\n  account_id = "333333333333"\n  region = "{region}"\n}}\n'
    )
    return Environment("lab", folder)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_deploy_role_has_its_name_from_the_files_of_the_environment(
    tmp_path: Path, region: str, partition: str
) -> None:
    assert verbs.find_deploy_role(an_environment(tmp_path, region), "plan") == verbs.DeployRole(
        f"arn:{partition}:iam::333333333333:role/deploy-access/service-lab-plan", region
    )


def test_a_project_without_a_name_is_refused_with_its_file(tmp_path: Path) -> None:
    environment = an_environment(tmp_path, "eu-west-1", "7")
    with pytest.raises(ConfigurationError, match=r"project\.hcl: project must be a string, not 7"):
        verbs.find_deploy_role(environment, "apply")
    (tmp_path / "project.hcl").write_text("locals {}\n")
    with pytest.raises(ConfigurationError, match=r"project\.hcl: project is missing") as refused:
        verbs.find_deploy_role(environment, "apply")
    assert refused.value.hint == 'write project = "…" into its locals'


def test_a_deploy_role_is_printed_as_outputs_of_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    verbs.deploy_role("dev", "apply")
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("=")[0] for line in lines] == ["arn", "region"]
    assert lines[0].endswith("-dev-apply")
    with pytest.raises(UsageError, match="unknown role 'admin'"):
        verbs.deploy_role("dev", "admin")
