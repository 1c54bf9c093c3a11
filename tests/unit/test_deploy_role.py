from __future__ import annotations

from pathlib import Path

import pytest

from terrarium.deploy_role import DeployRole, deploy_role, main
from terrarium.errors import ConfigurationError
from terrarium.settings import Environment


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
def test_a_role_is_named_by_the_files_of_the_environment(
    tmp_path: Path, region: str, partition: str
) -> None:
    assert deploy_role(an_environment(tmp_path, region), "plan") == DeployRole(
        f"arn:{partition}:iam::333333333333:role/deploy-access/service-lab-plan", region
    )


def test_a_project_without_a_name_is_refused_with_its_file(tmp_path: Path) -> None:
    environment = an_environment(tmp_path, "eu-west-1", "7")
    with pytest.raises(ConfigurationError, match=r"project\.hcl: project must be a string, not 7"):
        deploy_role(environment, "apply")
    (tmp_path / "project.hcl").write_text("locals {}\n")
    with pytest.raises(ConfigurationError, match=r"project\.hcl: project is missing") as refused:
        deploy_role(environment, "apply")
    assert refused.value.hint == 'write project = "…" into its locals'


def test_the_outputs_of_a_step_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "dev", "--role", "apply"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("=")[0] for line in lines] == ["arn", "region"]
    assert lines[0].endswith("-dev-apply")


def test_an_unknown_environment_is_one_line_and_no_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--env", "nowhere", "--role", "apply"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "unknown environment 'nowhere'" in err
