"""The deploy access of an environment, as the live tree would make it: planned, not applied."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrarium import settings
from terrarium.terragrunt.context import Settings
from terrarium.terragrunt.reader import Reader
from terrarium.tree import read_account
from tests.access.policies import Request, Role, Statement, statements
from tests.access.required import Need, Required, load

REGION = "eu-west-1"
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


@dataclass(frozen=True, slots=True)
class Access:
    """An environment's deploy access: names, roles, and what they have to be able to do."""

    name: str
    account: str
    environment: str
    role_arns: dict[str, str]
    plan: Role
    apply: Role
    required: Required

    @property
    def boundary_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:policy/deploy-access/{self.name}-boundary"

    def request(self, action: str, resource: str, service: str = "", **changed: str) -> Request:
        """A request as Terraform makes it; ``changed`` are condition keys that differ, their colons
        and slashes written as underscores."""
        context = {
            "aws:RequestedRegion": REGION,
            "aws:ResourceAccount": self.account,
            "iam:PermissionsBoundary": self.boundary_arn,
            "iam:PassedToService": service,
            "iam:AWSServiceName": service,
            "kms:GrantIsForAWSResource": "true",
            "kms:ViaService": f"s3.{REGION}.amazonaws.com",
        }
        for tag, value in {"Project": "terrarium", "Environment": self.environment}.items():
            context[f"aws:RequestTag/{tag}"] = context[f"aws:ResourceTag/{tag}"] = value
        keys = {key.replace(":", "_").replace("/", "_"): key for key in context}
        assert changed.keys() <= keys.keys()
        return Request(
            action, resource, context | {keys[key]: value for key, value in changed.items()}
        )

    @property
    def state_bucket(self) -> str:
        return f"arn:aws:s3:::terrarium-state-{self.account}-{REGION}"

    @property
    def states(self) -> str:
        return f"{self.state_bucket}/live/{self.environment}"

    def fill(self, arn: str) -> str:
        return arn.format(
            name=self.name,
            account=self.account,
            here=f"{REGION}:{self.account}",
            boundary=self.boundary_arn,
            state_bucket=self.state_bucket,
            states=self.states,
        )

    def on(self, verb: str, s3_object: str) -> Request:
        return self.request(f"s3:{verb}Object", s3_object)

    def meets(self, role: Role, need: Need) -> bool:
        return role.may(self.request(need.action, need.arn, need.service))


def planned(environment: settings.Environment, account: str, folder: Path) -> dict[str, Any]:
    """Attributes of what the environment's unit would make, by address."""
    file = environment.path / "deploy-access" / "terragrunt.hcl"
    inputs = Reader(Settings(working_dir=environment.path)).complete(file).inputs
    shutil.copytree(
        settings.MODULES / "deploy-access",
        folder,
        ignore=shutil.ignore_patterns(".terraform*", "tests"),
    )
    shutil.copyfile(settings.ROOT / ".terraform.lock.hcl", folder / ".terraform.lock.hcl")
    (folder / "tests").mkdir()
    (folder / "tests/live.tftest.hcl").write_text(RUN.format(account=account, region=REGION))
    (folder / "live.tfvars.json").write_text(json.dumps(inputs))
    terraform(folder, "init", "-backend=false", "-input=false")
    output = terraform(folder, "test", "-json", "-verbose", "-var-file=live.tfvars.json")
    messages = [json.loads(line) for line in output.splitlines()]
    plan = next(message["test_plan"] for message in messages if "test_plan" in message)
    return {each["address"]: each["change"]["after"] for each in plan["resource_changes"]}


def terraform(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def of(environment: settings.Environment, folder: Path) -> Access:
    """Plan the unit with its own inputs in a folder that does not exist yet."""
    account = read_account(environment).account_id
    made = planned(environment, account, folder)
    boundary = statements(made["aws_iam_policy.boundary"]["policy"])

    def role(name: str) -> Role:
        policies: list[Statement] = []
        for address in made:
            if address.startswith(f'aws_iam_role_policy_attachment.this["{name}/'):
                concern = address.split("/")[-1].removesuffix('"]')
                policies += statements(made[f'aws_iam_policy.this["{concern}"]']["policy"])
        return Role(policies, boundary)

    name = f"terrarium-{environment.name}"
    required = load(
        name=name,
        project="terrarium",
        environment=environment.name,
        account=account,
        here=f"{REGION}:{account}",
    )
    role_arns = {
        each: "arn:aws:iam::{}:role{path}{name}".format(
            account, **made[f'aws_iam_role.this["{each}"]']
        )
        for each in ("plan", "apply")
    }
    return Access(name, account, environment.name, role_arns, role("plan"), role("apply"), required)
