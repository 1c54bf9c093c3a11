"""The planned deploy access of an environment, from the live tree."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from local_aws.iam.statement import parse
from terragrunt_runner import UnitReader

from terrarium import settings
from terrarium.settings import Environment
from terrarium.tree import read_account
from tests.access.roles import REGION, Access, Role
from tests.terraform.command import terraform

RUN = """
mock_provider "aws" {{
  mock_data "aws_caller_identity" {{
    defaults = {{ account_id = "{account}" }}
  }}
  mock_data "aws_partition" {{
    defaults = {{ partition = "aws" }}
  }}
  mock_data "aws_region" {{
    defaults = {{ name = "{region}" }}
  }}
}}

run "live" {{
  command = plan
}}
"""


def access_of(environment: Environment, folder: Path) -> Access:
    """Plan the unit with its inputs in a new folder."""
    account = read_account(environment).account_id
    made = _plan(environment, account, folder)
    return Access(
        environment.name, account, _role(made, account, "plan"), _role(made, account, "apply")
    )


def _plan(environment: Environment, account: str, folder: Path) -> dict[str, Any]:
    """Return the planned attributes of the unit's resources by address."""
    inputs = UnitReader(os.environ).inputs(environment.unit("deploy-access"), {})
    module = settings.MODULES / "deploy-access"
    shutil.copytree(module, folder, ignore=shutil.ignore_patterns(".terraform*", "tests"))
    shutil.copyfile(settings.ROOT / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
    (folder / "tests").mkdir()
    (folder / "tests/live.tftest.hcl").write_text(RUN.format(account=account, region=REGION))
    (folder / "live.tfvars.json").write_text(json.dumps(inputs))
    terraform(folder, "init", "-backend=false", "-input=false")
    output = terraform(folder, "test", "-json", "-verbose", "-var-file=live.tfvars.json")
    messages = [json.loads(line) for line in output.splitlines()]
    plan = next(message["test_plan"] for message in messages if "test_plan" in message)
    return {each["address"]: each["change"]["after"] for each in plan["resource_changes"]}


def _role(made: dict[str, Any], account: str, name: str) -> Role:
    role = made[f'aws_iam_role.this["{name}"]']
    attached = f'aws_iam_role_policy_attachment.this["{name}/'
    concerns = [
        address.removeprefix(attached).removesuffix('"]')
        for address in made
        if address.startswith(attached)
    ]
    return Role(
        f"arn:aws:iam::{account}:role{role['path']}{role['name']}",
        tuple(parse(each, made[f'aws_iam_policy.this["{each}"]']["policy"]) for each in concerns),
        parse("boundary", made["aws_iam_policy.boundary"]["policy"]),
    )
